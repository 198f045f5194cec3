// The server of bench/tls_server.cpp with OpenSSL and blocking sockets alone, one connection after the other.
// Prints "listening on HOST:PORT" once it is ready.
//
//   tls CERTIFICATE KEY
#define _GNU_SOURCE
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#include <bench/peers/loopback.h>

enum { BUFFER_BYTES = 65536, REQUEST_BYTES = 9 };

static void must_ssl(int good, const char* what) {
  if (good) return;
  fprintf(stderr, "%s\n", what);
  ERR_print_errors_fp(stderr);
  exit(1);
}

static SSL_CTX* make_context(const char* certificate, const char* key) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  must_ssl(context != NULL, "SSL_CTX_new");
  must_ssl(SSL_CTX_use_certificate_chain_file(context, certificate) == 1, certificate);
  must_ssl(SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1, key);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // The cipher that leat and Go choose, so that all encrypt alike.
  must_ssl(SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") == 1, "SSL_CTX_set_ciphersuites");
  must_ssl(SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM") == 1, "SSL_CTX_set_cipher_list");
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  return context;
}

static void serve(SSL* conn) {
  static unsigned char buffer[BUFFER_BYTES];
  if (SSL_accept(conn) != 1) return;
  for (int got = 0; got < REQUEST_BYTES;) {
    int count = SSL_read(conn, buffer + got, REQUEST_BYTES - got);
    if (count <= 0) return;
    got += count;
  }
  uint64_t left = 0;
  for (int i = 1; i < REQUEST_BYTES; ++i)
    left = left << 8 | buffer[i];
  const unsigned char what = buffer[0];
  while (what == 'd' && left > 0) {
    int part = left < BUFFER_BYTES ? (int)left : BUFFER_BYTES;
    if (SSL_write(conn, buffer, part) != part) return;
    left -= (uint64_t)part;
  }
  while (what == 'u' && left > 0) {
    int count = SSL_read(conn, buffer, BUFFER_BYTES);
    if (count <= 0) return;
    left -= left < (uint64_t)count ? left : (uint64_t)count;
  }
  if (what == 'u' && SSL_write(conn, ".", 1) != 1) return;
  SSL_shutdown(conn);
}

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: tls CERTIFICATE KEY\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  SSL_CTX* context = make_context(argv[1], argv[2]);
  int listener = listen_on_loopback(0);
  for (;;) {
    int fd = must(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept4");
    set_no_delay(fd);
    SSL* conn = SSL_new(context);
    must_ssl(conn != NULL && SSL_set_fd(conn, fd) == 1, "SSL_new");
    serve(conn);
    SSL_free(conn);
    ERR_clear_error();
    close(fd);
  }
}
