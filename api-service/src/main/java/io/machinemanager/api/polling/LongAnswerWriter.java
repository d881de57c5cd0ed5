package io.machinemanager.api.polling;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import java.util.concurrent.ExecutorService;

import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;

import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveResourceInfo;
import org.jboss.resteasy.reactive.server.spi.ServerMessageBodyWriter;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;

import io.quarkus.logging.Log;
import io.quarkus.virtual.threads.VirtualThreads;

/** Sends long answers from a thread of their own, which may wait for the database, and for a caller who takes his time. */
@Provider
public class LongAnswerWriter implements ServerMessageBodyWriter<LongAnswer> {

    private final ObjectWriter json;
    private final ExecutorService threads;

    LongAnswerWriter(ObjectMapper json, @VirtualThreads ExecutorService threads) {
        this.json = json.writer().without(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
        this.threads = threads;
    }

    @Override
    public boolean isWriteable(Class<?> type, Type genericType, Annotation[] annotations, MediaType mediaType) {
        return type == LongAnswer.class;
    }

    @Override
    public boolean isWriteable(Class<?> type, Type genericType, ResteasyReactiveResourceInfo target,
            MediaType mediaType) {
        return type == LongAnswer.class;
    }

    @Override
    public void writeResponse(LongAnswer answer, Type genericType, ServerRequestContext context) {
        ResteasyReactiveRequestContext call = (ResteasyReactiveRequestContext) context;
        call.suspend();
        threads.execute(() -> {
            try {
                writeTo(answer, context.getOrCreateOutputStream());
                call.resume();
            } catch (IOException | RuntimeException | Error e) {
                breakOff(call, e);
            }
        });
    }

    private static void breakOff(ResteasyReactiveRequestContext call, Throwable failure) {
        if (call.serverResponse().headWritten()) {
            // so that nobody takes half of an answer for all of it
            call.serverResponse().reset();
            // other failures to write are those of callers who have gone away
            if (failure instanceof JsonMappingException || !(failure instanceof IOException)) {
                Log.warn("A long list was broken off", failure);
            }
        }
        call.resume(failure);
    }

    @Override
    public void writeTo(LongAnswer answer, Class<?> type, Type genericType, Annotation[] annotations,
            MediaType mediaType, MultivaluedMap<String, Object> headers, OutputStream out) throws IOException {
        writeTo(answer, out);
    }

    /** Leaves the stream open when it fails: to close it would end the answer. */
    private void writeTo(LongAnswer answer, OutputStream out) throws IOException {
        json.writeValue(out, answer.body());
        out.close();
    }
}
