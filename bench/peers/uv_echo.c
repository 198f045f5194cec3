// A TCP echo server in the way of libuv: a loop, callbacks, one buffer for all connections. Prints
// "listening on HOST:PORT" once it is ready.
//
// What the socket does not take at once is copied and written later.
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include <bench/peers/loopback.h>

struct later {
  uv_write_t request;
  char bytes[];
};

static void must_uv(int result, const char* what) {
  if (result >= 0) return;
  fprintf(stderr, "%s: %s\n", what, uv_strerror(result));
  exit(1);
}

static void on_closed(uv_handle_t* handle) {
  free(handle);
}

static void give_buffer(uv_handle_t* handle, size_t suggested, uv_buf_t* buffer) {
  static char shared[ECHO_BUFFER_BYTES];
  (void)handle;
  (void)suggested;
  *buffer = uv_buf_init(shared, sizeof shared);
}

static void on_written(uv_write_t* request, int status) {
  if (status < 0 && !uv_is_closing((uv_handle_t*)request->handle))
    uv_close((uv_handle_t*)request->handle, on_closed);
  free(request);
}

static void write_later(uv_stream_t* stream, const char* bytes, size_t count) {
  struct later* rest = malloc(sizeof *rest + count);
  if (!rest) exit(1);
  memcpy(rest->bytes, bytes, count);
  uv_buf_t part = uv_buf_init(rest->bytes, (unsigned)count);
  must_uv(uv_write(&rest->request, stream, &part, 1, on_written), "uv_write");
}

static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
  if (count < 0) {
    uv_close((uv_handle_t*)stream, on_closed);
    return;
  }
  uv_buf_t part = uv_buf_init(buffer->base, (unsigned)count);
  int written = uv_try_write(stream, &part, 1);
  if (written < 0) written = 0;  // would block, or will fail again
  if (written < count) write_later(stream, buffer->base + written, (size_t)(count - written));
}

static void on_connection(uv_stream_t* listener, int status) {
  if (status < 0) return;
  uv_tcp_t* conn = malloc(sizeof *conn);
  if (!conn) exit(1);
  must_uv(uv_tcp_init(listener->loop, conn), "uv_tcp_init");
  must_uv(uv_accept(listener, (uv_stream_t*)conn), "uv_accept");
  uv_tcp_nodelay(conn, 1);
  must_uv(uv_read_start((uv_stream_t*)conn, give_buffer, on_read), "uv_read_start");
}

int main(void) {
  uv_loop_t* loop = uv_default_loop();
  uv_tcp_t listener;
  must_uv(uv_tcp_init(loop, &listener), "uv_tcp_init");
  must_uv(uv_tcp_open(&listener, listen_on_loopback(SOCK_NONBLOCK)), "uv_tcp_open");
  must_uv(uv_listen((uv_stream_t*)&listener, BACKLOG, on_connection), "uv_listen");
  return uv_run(loop, UV_RUN_DEFAULT);
}
