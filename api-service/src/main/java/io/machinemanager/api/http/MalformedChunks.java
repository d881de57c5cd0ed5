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
 * Makes a request whose chunked body is malformed get a response. The server would close the connection without one.
 * Instead the body ends here, {@link BodyLimit} refuses it, and the connection is closed after the response.
 */
final class MalformedChunks extends ChannelInboundHandlerAdapter {

    private static final String MALFORMED = MalformedChunks.class.getName();
    /** The name of the server's own handler in the pipeline of an HTTP/1 connection. */
    private static final String SERVER = "handler";

    /** The call whose body arrives now; null when it has not been passed to {@link #watch}, as with a pipelined request. */
    private RoutingContext call;
    private long arrived;
    private long begun;

    /** Watches this request's body from now on. To be called on the connection's thread. */
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
            // a pipelined request, sent before the response to the previous one
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
