/*
 * The target of the bench: answers "+PONG\r\n" a known time after a request, and knows the truth about every exchange.
 *
 *   target <delay in microseconds>
 *
 * It prints its port, then obeys bytes on standard input: 'D' writes the records so far as doubles (their count first,
 * then five for each) and forgets them. It ends with standard input. Loopback only, all of 127.0.0.0/8, so that
 * each check has an address of its own and can be told apart without a word in the request.
 *
 * A record: address (its low 16 bits), the kernel's round trip of the handshake in us (TCP_INFO), the kernel's stamp of
 * the request's arrival (SO_TIMESTAMPNS), and the instants just before and just after the answer's send(2), all in us
 * of CLOCK_MONOTONIC.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { FDS_MAX = 65536, RECORDS_MAX = 1 << 19, FIELDS = 5, EVENTS = 256 };

struct connection { uint32_t generation; int answered; double record[FIELDS]; };
struct pending { int fd; uint32_t generation; double at_us; };

static struct connection connections[FDS_MAX];
static struct pending queue[FDS_MAX];
static unsigned queue_head, queue_tail;
static double records[(size_t)RECORDS_MAX * FIELDS];
static size_t record_count;
static int epoll_fd, timer_fd;
static double delay_us;

static double us_of(struct timespec at) { return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3; }

static double now_us(clockid_t clock)
{
    struct timespec at;
    clock_gettime(clock, &at);
    return us_of(at);
}

static void arm(void)
{
    struct itimerspec when = {0};
    if (queue_head != queue_tail) {
        double at = queue[queue_head % FDS_MAX].at_us;
        when.it_value.tv_sec = (time_t)(at / 1e6);
        when.it_value.tv_nsec = (long)((at - (double)when.it_value.tv_sec * 1e6) * 1e3) + 1;
    }
    timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void answer(int fd)
{
    static const char pong[] = "+PONG\r\n";
    struct connection *c = &connections[fd];
    c->record[3] = now_us(CLOCK_MONOTONIC);
    if (send(fd, pong, sizeof pong - 1, MSG_NOSIGNAL) < 0) return;
    c->record[4] = now_us(CLOCK_MONOTONIC);
    if (record_count < RECORDS_MAX) memcpy(&records[record_count++ * FIELDS], c->record, sizeof c->record);
}

static void answer_due(void)
{
    uint64_t expirations;
    if (read(timer_fd, &expirations, sizeof expirations) < 0) return;
    while (queue_head != queue_tail) {
        struct pending *first = &queue[queue_head % FDS_MAX];
        if (first->at_us > now_us(CLOCK_MONOTONIC)) break;
        queue_head++;
        if (connections[first->fd].generation == first->generation) answer(first->fd);
    }
    arm();
}

static void accept_all(int listener)
{
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (fd < 0) return;
        if (fd >= FDS_MAX) { close(fd); continue; }
        struct connection *c = &connections[fd];
        struct sockaddr_in own;
        socklen_t length = sizeof own;
        struct tcp_info info;
        socklen_t info_length = sizeof info;
        getsockname(fd, (struct sockaddr *)&own, &length);
        memset(&info, 0, sizeof info);
        getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &info_length);
        c->generation++;
        c->answered = 0;
        c->record[0] = (double)(ntohl(own.sin_addr.s_addr) & 0xffff);
        c->record[1] = (double)info.tcpi_rtt;
        struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
    }
}

static void receive(int fd)
{
    char bytes[256];
    char control[256];
    struct iovec part = { bytes, sizeof bytes };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    ssize_t length = recvmsg(fd, &message, 0);
    struct connection *c = &connections[fd];
    if (length <= 0) { c->generation++; close(fd); return; }
    if (c->answered) return;
    double arrived = now_us(CLOCK_MONOTONIC);
    for (struct cmsghdr *item = CMSG_FIRSTHDR(&message); item; item = CMSG_NXTHDR(&message, item)) {
        if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SO_TIMESTAMPNS) continue;
        struct timespec stamp;
        memcpy(&stamp, CMSG_DATA(item), sizeof stamp);
        arrived -= now_us(CLOCK_REALTIME) - us_of(stamp);
    }
    c->answered = 1;
    c->record[2] = arrived;
    if (delay_us == 0) { answer(fd); return; }
    queue[queue_tail++ % FDS_MAX] = (struct pending){ fd, c->generation, arrived + delay_us };
    if (queue_tail - queue_head == 1) arm();
}

static void write_all(const void *data, size_t length)
{
    for (const char *at = data; length > 0;) {
        ssize_t written = write(STDOUT_FILENO, at, length);
        if (written <= 0) exit(1);
        at += written;
        length -= (size_t)written;
    }
}

static void obey(void)
{
    char order;
    if (read(STDIN_FILENO, &order, 1) <= 0) exit(0);
    if (order != 'D') return;
    double count = (double)record_count;
    write_all(&count, sizeof count);
    write_all(records, record_count * FIELDS * sizeof(double));
    record_count = 0;
}

static int listen_on_loopback(void)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int on = 1;
    struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY) };
    socklen_t length = sizeof any;
    /* Every address of the loopback device, and no other device. */
    if (setsockopt(listener, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) != 0) { perror("SO_BINDTODEVICE"); exit(1); }
    /* Accepted sockets inherit these, so that not even the first segment goes unstamped. */
    setsockopt(listener, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&any, length) != 0 || listen(listener, 4096) != 0) { perror("listen"); exit(1); }
    getsockname(listener, (struct sockaddr *)&any, &length);
    printf("%d\n", ntohs(any.sin_port));
    fflush(stdout);
    return listener;
}

int main(int count, char **arguments)
{
    struct rlimit files;
    delay_us = count > 1 ? atof(arguments[1]) : 0;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    epoll_fd = epoll_create1(0);
    timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    int listener = listen_on_loopback();
    int watched[] = { listener, timer_fd, STDIN_FILENO };
    for (int i = 0; i < 3; i++) {
        struct epoll_event event = { .events = EPOLLIN, .data.fd = watched[i] };
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, watched[i], &event);
    }
    for (;;) {
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(epoll_fd, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) accept_all(listener);
            else if (fd == timer_fd) answer_due();
            else if (fd == STDIN_FILENO) obey();
            else receive(fd);
        }
    }
}
