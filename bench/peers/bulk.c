// Moves a file with bare system calls, one connection after the other. Prints "listening on HOST:PORT" once
// it is ready.
//
//   bulk send FILE       sendfile
//   bulk splice FILE     the other way, connection to file, through a pipe
//   bulk receive FILE    the same with a buffer: recv and write
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bench/peers/loopback.h>

enum { PIPE_BYTES = 1 << 20, BUFFER_BYTES = 1 << 18 };

static void send_file(int conn, const char* path) {
  int file = must(open(path, O_RDONLY | O_CLOEXEC), path);
  struct stat about;
  must(fstat(file, &about), path);
  for (off_t offset = 0; offset < about.st_size;)
    must((int)sendfile(conn, file, &offset, 1 << 30), "sendfile");
  close(file);
}

static int create(const char* path) {
  return must(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), path);
}

static void splice_to_file(int conn, const char* path) {
  int file = create(path);
  int pipe_ends[2];
  must(pipe2(pipe_ends, O_CLOEXEC), "pipe2");
  fcntl(pipe_ends[1], F_SETPIPE_SZ, PIPE_BYTES);
  for (;;) {
    int count = must((int)splice(conn, NULL, pipe_ends[1], NULL, PIPE_BYTES, SPLICE_F_MOVE), "splice");
    if (count == 0) break;
    while (count > 0)
      count -= must((int)splice(pipe_ends[0], NULL, file, NULL, (size_t)count, SPLICE_F_MOVE), "splice");
  }
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  close(file);
}

static void receive_to_file(int conn, const char* path) {
  static char buffer[BUFFER_BYTES];
  int file = create(path);
  for (;;) {
    int count = must((int)recv(conn, buffer, sizeof buffer, 0), "recv");
    if (count == 0) break;
    for (int done = 0; done < count;)
      done += must((int)write(file, buffer + done, (size_t)(count - done)), "write");
  }
  close(file);
}

int main(int argc, char** argv) {
  void (*move)(int, const char*) = NULL;
  if (argc == 3 && strcmp(argv[1], "send") == 0) move = send_file;
  if (argc == 3 && strcmp(argv[1], "splice") == 0) move = splice_to_file;
  if (argc == 3 && strcmp(argv[1], "receive") == 0) move = receive_to_file;
  if (!move) {
    fprintf(stderr, "usage: bulk send|splice|receive FILE\n");
    return 2;
  }
  int listener = listen_on_loopback(0);
  for (;;) {
    int conn = must(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept4");
    move(conn, argv[2]);
    close(conn);
  }
}
