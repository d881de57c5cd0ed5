package io.machinemanager.api.error;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;

/**
 * Lets a request whose body in chunks is malformed be answered. The server would close the connection without an answer.
 * Instead the body ends here, {@link BodyLimit} refuses it, and the connection is closed after the answer.
 */
final class MalformedChunks extends ChannelInboundHandlerAdapter {

    private static final String MALFORMED = MalformedChunks.class.getName();
    /** The server's own, in the pipeline of a connection of HTTP/1. */
    private static final String SERVER = "handler";

    private final RoutingContext call;

    private MalformedChunks(RoutingContext call) {
        this.call = call;
    }

    /** Looks at what comes of this request's body from now on. Belongs on the thread of the connection. */
    static void watch(RoutingContext call) {
        if (call.request().version() != HttpVersion.HTTP_2
                && call.request().headers().contains(HttpHeaders.TRANSFER_ENCODING)) {
            ChannelPipeline pipeline = ((ConnectionBase) call.request().connection()).channel().pipeline();
            if (pipeline.get(SERVER) != null) {
                pipeline.addBefore(SERVER, null, new MalformedChunks(call));
            }
        }
    }

    /** Whether the body of this request was malformed. */
    static boolean found(RoutingContext call) {
        return call.get(MALFORMED) != null;
    }

    @Override
    public void channelRead(ChannelHandlerContext connection, Object message) {
        if (message instanceof HttpContent content && content.decoderResult().isFailure()) {
            ReferenceCountUtil.release(message);
            connection.pipeline().remove(this);
            call.put(MALFORMED, true);
            if (call.response().ended()) {
                call.request().connection().close();
            } else {
                call.addEndHandler(answered -> call.request().connection().close());
            }
            connection.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
        } else {
            if (message instanceof LastHttpContent) {
                connection.pipeline().remove(this);
            }
            connection.fireChannelRead(message);
        }
    }
}
