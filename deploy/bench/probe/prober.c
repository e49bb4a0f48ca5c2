/*
 * A TCP prober on epoll and nothing else: the least a check can cost with ordinary sockets.
 *
 *   prober <port> <bytes to send> <bytes to expect>
 *
 * Orders on standard input, one a line; each is answered with doubles on standard output (the number of samples, then
 * seven for each):
 *   closed <in flight> <total ms>
 *   open <in flight at most> <total ms> <interval ms> <number of checks> <phase of each in ms ...>
 * A sample: address, ended, connect, first byte, total, ok (1 or 0), due (NaN in a closed loop); in us, instants of
 * CLOCK_MONOTONIC, all taken in user space as soon as the loop gets to them. No deadlines: the bench bounds the time.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS_MAX = 4096, SAMPLES_MAX = 1 << 18, FIELDS = 7, EVENTS = 256, CHECKS_MAX = 65536 };

struct attempt { int fd; int address; int is_connected; double started, connected, sent, due; };
struct due { double phase_us; int check; };

static struct attempt attempts[SLOTS_MAX];
static int free_slots[SLOTS_MAX], free_count;
static double samples[(size_t)SAMPLES_MAX * FIELDS];
static size_t sample_count;
static int epoll_fd;
static uint16_t port;
static const char *request, *expected;

static double now_us(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}

static void finish(int slot, double first_byte_at, int is_ok)
{
    struct attempt *a = &attempts[slot];
    double ended = now_us();
    close(a->fd);
    free_slots[free_count++] = slot;
    if (sample_count >= SAMPLES_MAX) return;
    double sample[FIELDS] = { a->address, ended, a->connected - a->started, first_byte_at - a->sent, first_byte_at - a->started, is_ok, a->due };
    memcpy(&samples[sample_count++ * FIELDS], sample, sizeof sample);
}

static void start(int address, double due)
{
    int slot = free_slots[--free_count];
    int on = 1;
    struct attempt *a = &attempts[slot];
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(0x7f010000u + (uint32_t)address) };
    *a = (struct attempt){ .address = address, .due = due };
    a->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    a->started = now_us();
    setsockopt(a->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = { .events = EPOLLOUT, .data.u32 = (uint32_t)slot };
    if (a->fd < 0 || (connect(a->fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS)) { finish(slot, now_us(), 0); return; }
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, a->fd, &event);
}

static void step(int slot, double at)
{
    struct attempt *a = &attempts[slot];
    if (!a->is_connected) {
        int problem = 0;
        socklen_t length = sizeof problem;
        getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &problem, &length);
        a->is_connected = 1;
        a->connected = at;
        if (problem != 0 || send(a->fd, request, strlen(request), MSG_NOSIGNAL) < 0) { finish(slot, at, 0); return; }
        a->sent = now_us();
        struct epoll_event event = { .events = EPOLLIN, .data.u32 = (uint32_t)slot };
        epoll_ctl(epoll_fd, EPOLL_CTL_MOD, a->fd, &event);
        return;
    }
    char answer[4096];
    ssize_t length = recv(a->fd, answer, sizeof answer, 0);
    finish(slot, now_us(), length > 0 && memmem(answer, (size_t)length, expected, strlen(expected)) != NULL);
}

/* Waits for sockets until `until_us` at most, and follows them. */
static void follow(double until_us)
{
    struct epoll_event events[EVENTS];
    double left = until_us - now_us();
    struct timespec patience = { 0 };
    if (left > 0) {
        patience.tv_sec = (time_t)(left / 1e6);
        patience.tv_nsec = (long)((left - (double)patience.tv_sec * 1e6) * 1e3);
    }
    int ready = epoll_pwait2(epoll_fd, events, EVENTS, &patience, NULL);
    for (int i = 0; i < ready; i++) step((int)events[i].data.u32, now_us());
}

static void run_closed(int in_flight, double until_us)
{
    static int addresses[SLOTS_MAX];
    int waiting = in_flight;
    for (int i = 0; i < in_flight; i++) addresses[i] = i;
    while (now_us() < until_us) {
        size_t before = sample_count;
        while (waiting > 0) start(addresses[--waiting], NAN);
        follow(until_us);
        for (size_t i = before; i < sample_count; i++) addresses[waiting++] = (int)samples[i * FIELDS];
    }
}

static int by_phase(const void *one, const void *other)
{
    double difference = ((const struct due *)one)->phase_us - ((const struct due *)other)->phase_us;
    return difference < 0 ? -1 : difference > 0;
}

static void run_open(const struct due *dues, int count, double interval_us, double from_us, double until_us)
{
    double cycle_us = from_us;
    for (int next = 0; now_us() < until_us;) {
        for (; free_count > 0 && cycle_us + dues[next].phase_us <= now_us(); next == count - 1 ? (next = 0, cycle_us += interval_us) : next++)
            start(dues[next].check, cycle_us + dues[next].phase_us);
        follow(free_count > 0 ? fmin(until_us, cycle_us + dues[next].phase_us) : until_us);
    }
}

static void tell(void)
{
    double count = (double)sample_count;
    fwrite(&count, sizeof count, 1, stdout);
    fwrite(samples, sizeof(double), sample_count * FIELDS, stdout);
    fflush(stdout);
}

int main(int count, char **arguments)
{
    static struct due dues[CHECKS_MAX];
    char kind[16];
    int in_flight, total_ms;
    if (count < 4) return 2;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    port = (uint16_t)atoi(arguments[1]);
    request = arguments[2];
    expected = arguments[3];
    epoll_fd = epoll_create1(0);
    while (scanf("%15s %d %d", kind, &in_flight, &total_ms) == 3) {
        if (in_flight < 1 || in_flight > SLOTS_MAX) return 2;
        double interval_ms = 0;
        int checks = 0;
        if (strcmp(kind, "open") == 0) {
            if (scanf("%lf %d", &interval_ms, &checks) != 2 || checks < 1 || checks > CHECKS_MAX) return 2;
            for (int i = 0; i < checks; i++) {
                if (scanf("%lf", &dues[i].phase_us) != 1) return 2;
                dues[i].phase_us *= 1e3;
                dues[i].check = i;
            }
            qsort(dues, (size_t)checks, sizeof dues[0], by_phase);
        }
        sample_count = 0;
        free_count = 0;
        for (int i = in_flight; i > 0; i--) free_slots[free_count++] = i - 1;
        double from_us = now_us(), until_us = from_us + total_ms * 1e3;
        if (checks == 0) run_closed(in_flight, until_us);
        else run_open(dues, checks, interval_ms * 1e3, from_us, until_us);
        /* What is under way comes to its end; the target answers in milliseconds. */
        for (double last = now_us() + 2e6; free_count < in_flight && now_us() < last;) follow(last);
        tell();
    }
    return 0;
}
