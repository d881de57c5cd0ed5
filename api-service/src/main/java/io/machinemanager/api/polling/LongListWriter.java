package io.machinemanager.api.polling;

import java.io.EOFException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import java.util.concurrent.ExecutorService;

import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;

import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveResourceInfo;
import org.jboss.resteasy.reactive.server.spi.ServerHttpResponse;
import org.jboss.resteasy.reactive.server.spi.ServerMessageBodyWriter;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;

import io.quarkus.logging.Log;
import io.quarkus.virtual.threads.VirtualThreads;

/** Sends long lists on a thread of their own, which may wait for the database, and for a slow client. */
@Provider
public class LongListWriter implements ServerMessageBodyWriter<LongList> {

    private final ObjectWriter json;
    private final ExecutorService threads;

    LongListWriter(ObjectMapper json, @VirtualThreads ExecutorService threads) {
        // a list that fails is not closed, which would end it like a whole one
        this.json = json.writer().without(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
        this.threads = threads;
    }

    @Override
    public boolean isWriteable(Class<?> type, Type genericType, Annotation[] annotations, MediaType mediaType) {
        return type == LongList.class;
    }

    @Override
    public boolean isWriteable(Class<?> type, Type genericType, ResteasyReactiveResourceInfo target,
            MediaType mediaType) {
        return type == LongList.class;
    }

    @Override
    public void writeResponse(LongList list, Type genericType, ServerRequestContext context) {
        ServerHttpResponse response = context.serverResponse();
        // not the stream of the context, which is closed as soon as this method returns
        OutputStream out = whileConnected(response);
        threads.execute(() -> {
            try {
                json.writeValue(out, list.body());
                out.close();
            } catch (IOException | RuntimeException | Error e) {
                // other failures to write are those of clients that have disconnected
                if (e instanceof JsonMappingException || !(e instanceof IOException)) {
                    Log.warn("A long list could not be read to its end", e);
                }
                // so that no client takes half of a list for all of it
                response.reset();
            }
        });
    }

    /** The response's stream notices a client that has disconnected only when its queue is full. */
    private static OutputStream whileConnected(ServerHttpResponse response) {
        return new FilterOutputStream(response.createResponseOutputStream()) {

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                if (response.closed()) {
                    throw new EOFException("the client has disconnected");
                }
                out.write(bytes, offset, length);
            }
        };
    }

    @Override
    public void writeTo(LongList list, Class<?> type, Type genericType, Annotation[] annotations, MediaType mediaType,
            MultivaluedMap<String, Object> headers, OutputStream out) throws IOException {
        json.writeValue(out, list.body());
    }
}
