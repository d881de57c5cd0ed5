package io.machinemanager.api.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
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

    /** The call whose body comes now; null when that one was not handed to us, such as one sent before its turn. */
    private RoutingContext call;
    private long arrived;
    private long begun;

    /** Looks at what comes of this request's body from now on. Belongs on the thread of the connection. */
    static void watch(RoutingContext call) {
        if (call.request().version() == HttpVersion.HTTP_2) {
            return;
        }
        ChannelPipeline pipeline = ((ConnectionBase) call.request().connection()).channel().pipeline();
        MalformedChunks watch = pipeline.get(MalformedChunks.class);
        if (watch == null && pipeline.get(SERVER) != null) {
            watch = new MalformedChunks();
            watch.arrived = 1;
            pipeline.addBefore(SERVER, null, watch);
        }
        if (watch != null) {
            watch.begun++;
            watch.call = watch.begun == watch.arrived ? call : null;
        }
    }

    /** Whether the body of this request was malformed. */
    static boolean found(RoutingContext call) {
        return call.get(MALFORMED) != null;
    }

    @Override
    public void channelRead(ChannelHandlerContext connection, Object message) {
        if (message instanceof HttpRequest) {
            arrived++;
            call = null;
        }
        if (message instanceof HttpContent content && !(message instanceof HttpRequest)
                && content.decoderResult().isFailure()) {
            ReferenceCountUtil.release(message);
            end(connection);
        } else {
            connection.fireChannelRead(message);
        }
    }

    private void end(ChannelHandlerContext connection) {
        RoutingContext refused = call;
        call = null;
        if (refused == null) {
            // one that was sent before the answer to the one before it
            connection.close();
            return;
        }
        refused.put(MALFORMED, true);
        if (refused.response().ended()) {
            refused.request().connection().close();
        } else {
            refused.addEndHandler(answered -> refused.request().connection().close());
        }
        connection.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
    }
}
