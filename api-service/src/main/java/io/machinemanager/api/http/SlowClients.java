package io.machinemanager.api.http;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import io.netty.bootstrap.ChannelInitializerExtension;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;

/**
 * Closes connections on which the headers of a request are not complete in time, even when bytes keep arriving, and
 * connections on which no request arrives. The server itself limits only the time without any byte, and that limit has to be
 * longer than the longest call. Netty finds this class in {@code META-INF/services} because {@code ApiService} sets
 * {@link #EXTENSIONS_SYSTEM_PROPERTY}.
 */
@RegisterForReflection // made by a ServiceLoader
public class SlowClients extends ChannelInitializerExtension {

    /** The same as the limit of Caddy. */
    private static final Duration HEADERS = Duration.ofSeconds(10);
    private static final Duration IDLE = Duration.ofMinutes(2);

    @Override
    public void postInitializeServerChildChannel(Channel connection) {
        connection.pipeline().addFirst(new Limits());
    }

    /** The headers of a request have arrived. To be called on the connection's thread. */
    static void arrived(RoutingContext call) {
        Channel connection = ((ConnectionBase) call.request().connection()).channel();
        Limits limits = connection.pipeline().get(Limits.class);
        if (limits != null) {
            limits.arrived(call.request().version() == HttpVersion.HTTP_2);
            call.addEndHandler(answered -> connection.eventLoop().execute(() -> limits.answered(connection)));
        }
    }

    /** The limits of one connection, used only on its thread. */
    private static final class Limits extends ChannelInboundHandlerAdapter {

        private int calls;
        private boolean http2;
        private boolean idle;
        private Future<?> end;

        @Override
        public void channelActive(ChannelHandlerContext connection) {
            begin(connection.channel(), HEADERS);
            connection.fireChannelActive();
        }

        @Override
        public void channelRead(ChannelHandlerContext connection, Object bytes) {
            if (idle) {
                idle = false;
                begin(connection.channel(), HEADERS);
            }
            connection.fireChannelRead(bytes);
        }

        @Override
        public void channelInactive(ChannelHandlerContext connection) {
            stop();
            connection.fireChannelInactive();
        }

        private void arrived(boolean overHttp2) {
            http2 = overHttp2;
            idle = false;
            calls++;
            stop();
        }

        private void answered(Channel connection) {
            calls--;
            if (calls == 0 && connection.isActive()) {
                // over HTTP/2 some bytes belong to no request
                idle = !http2;
                begin(connection, IDLE);
            }
        }

        private void begin(Channel connection, Duration time) {
            stop();
            end = connection.eventLoop().schedule(() -> connection.close(), time.toMillis(), TimeUnit.MILLISECONDS);
        }

        private void stop() {
            if (end != null) {
                end.cancel(false);
                end = null;
            }
        }
    }
}
