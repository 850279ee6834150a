/* Where the session connects to: several hosts, names, IPv6; and how it uses its socket. */
#include "session_peer.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>

/* A port that refuses, before the one of the server. */
static int add_refusing_host(void)
{
    int refusing = door_open(&t.options.hosts[0].port);
    snprintf(t.options.hosts[1].host, sizeof t.options.hosts[1].host, "127.0.0.1");
    t.options.hosts[1].port = t.port;
    t.options.host_count = 2;
    session_renew();
    return refusing;
}

START_TEST(the_next_host_is_tried_at_once_when_one_refuses)
{
    char words[200];
    int refusing = add_refusing_host();
    turn_through(2);
    ck_assert_int_eq(t.phase[0], DTC_CONNECTING);
    ck_assert_int_eq(t.phase[1], DTC_CONNECTING);
    snprintf(words, sizeof words, "cannot reach 127.0.0.1:%d: connection refused",
             t.options.hosts[0].port);
    assert_says(words);
    snprintf(words, sizeof words, "connecting to 127.0.0.1:%d", t.port);
    assert_says(words);
    go_online();
    ck_assert_int_eq(dtc_session_address(t.session)->port, t.port);
    /* the first one is preferred again after a loss */
    peer_close();
    turn_until(DTC_WAITING);
    assert_waits_first();
    ck_assert_int_eq(dtc_session_address(t.session)->port, t.options.hosts[0].port);
    ck_assert_int_eq(listen(refusing, 1), 0);
    int second = t.door;
    t.door = refusing;
    t.now = dtc_session_deadline(t.session);
    go_online();
    t.door = second;
    close(refusing);
}
END_TEST

START_TEST(a_wait_comes_only_after_the_last_host)
{
    int refusing = add_refusing_host();
    close(t.door);
    t.door = door_open(&t.options.hosts[1].port); /* refuses as well */
    session_renew();
    turn_through(3);
    ck_assert_int_eq(t.phase[1], DTC_CONNECTING);
    ck_assert_int_eq(t.phase[2], DTC_WAITING);
    assert_waits_first();
    t.now = dtc_session_deadline(t.session);
    turn_through(3);
    ck_assert_int_ge(wait_time(), 2 * CLOCK_SECOND); /* the second back-off, not the fourth */
    ck_assert_int_le(wait_time(), 4 * CLOCK_SECOND);
    close(refusing);
}
END_TEST

START_TEST(a_host_that_does_not_let_us_in_is_left_for_the_next)
{
    int second_port, first = t.door, second = door_open(&second_port);
    ck_assert_int_eq(listen(second, 1), 0);
    t.options.hosts[1] = t.options.hosts[0];
    t.options.hosts[1].port = second_port;
    t.options.host_count = 2;
    session_renew();
    reach();
    peer_send("{\"Type\":2,\"Result\":2,\"ResultText\":\"busy\"}");
    turn_through(1);
    assert_says("refuses the logon: busy; connecting to ");
    t.door = second;
    reach();
    t.now += 10 * CLOCK_SECOND;
    turn_until(DTC_WAITING);
    assert_says("does not answer the logon");
    assert_waits_first();
    t.door = first;
    close(second);
}
END_TEST

START_TEST(ipv6_is_spoken)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0) {
        fputs("skipped: ipv6_is_spoken, as this machine has no IPv6 loopback\n", stderr);
        return;
    }
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    ck_assert_int_eq(listen(fd, 1), 0);
    close(t.door);
    t.door = fd;
    t.port = ntohs(address.sin6_port);
    session_start("::1", 1);
    go_online();
    char words[64];
    snprintf(words, sizeof words, "online with [::1]:%d", t.port);
    assert_says(words);
}
END_TEST

START_TEST(a_name_is_looked_up_beside_the_session)
{
    struct addrinfo *found = NULL;
    if (getaddrinfo("localhost", NULL, NULL, &found) != 0) {
        fputs("skipped: a_name_is_looked_up_beside_the_session, as localhost is no name here\n",
              stderr);
        return;
    }
    freeaddrinfo(found);
    session_start("localhost", 1);
    dtc_session_service(t.session, 0, t.now);
    ck_assert_int_eq(dtc_session_phase(t.session), DTC_CONNECTING);
    ck_assert_int_eq(dtc_session_deadline(t.session), t.now + 10 * CLOCK_SECOND);
    ck_assert_int_ge(wanted().fd, 0);
    ck_assert_int_eq(wanted().events, POLLIN);
    go_online();
}
END_TEST

START_TEST(a_name_that_does_not_exist_is_told)
{
    session_start("no-such-host.invalid", 1);
    turn_through(2);
    assert_says("cannot reach no-such-host.invalid:");
    assert_says("check the host's name");
    assert_waits_first();
}
END_TEST

START_TEST(the_next_host_is_tried_when_a_name_does_not_exist)
{
    session_start("no-such-host.invalid", 1);
    t.options.hosts[1] = (struct address){.host = "127.0.0.1", .port = t.port};
    t.options.host_count = 2;
    session_renew();
    turn_through(2);
    assert_says("check the host's name; connecting to 127.0.0.1:");
    go_online();
}
END_TEST

START_TEST(a_look_up_can_be_left_at_any_time)
{
    for (int i = 0; i < 50; i++) {
        session_start(i % 2 ? "no-such-host.invalid" : "localhost", 1);
        dtc_session_service(t.session, 0, t.now);
        if (i % 3 == 0) {
            t.now += 10 * CLOCK_SECOND;
            dtc_session_service(t.session, 0, t.now); /* too late, or just in time */
        } else if (i % 3 == 1) {
            dtc_session_logoff(t.session, "quit");
            ck_assert_int_eq(dtc_session_phase(t.session), DTC_ENDED);
        }
        t.phases = 0;
        memset(t.order, 0, sizeof t.order);
    }
}
END_TEST

static int option_of(int fd, int level, int name)
{
    int value = -1;
    socklen_t size = sizeof value;
    ck_assert_int_eq(getsockopt(fd, level, name, &value, &size), 0);
    return value;
}

START_TEST(the_socket_sends_at_once_and_is_kept_alive)
{
    go_online();
    int fd = wanted().fd;
    ck_assert_int_ne(option_of(fd, IPPROTO_TCP, TCP_NODELAY), 0);
    ck_assert_int_ne(option_of(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
#ifdef TCP_KEEPIDLE
    ck_assert_int_eq(option_of(fd, IPPROTO_TCP, TCP_KEEPIDLE), 30);
#endif
}
END_TEST

static void ask_for_much(enum dtc_phase phase)
{
    if (phase == DTC_ONLINE)
        for (int i = 0; i < 20; i++)
            request(DTC_CURRENT_POSITIONS_REQUEST);
}

/* How many requests the bytes of one read hold. */
static size_t requests_in_one_read(void)
{
    char bytes[65536];
    size_t count = 0;
    await(t.peer, POLLIN);
    ssize_t got = recv(t.peer, bytes, sizeof bytes, 0);
    for (ssize_t i = 0; i < got; i++)
        count += bytes[i] == '\0';
    return count;
}

START_TEST(what_is_sent_in_one_go_goes_out_together)
{
    short events;
    t.on_phase = ask_for_much; /* within a service */
    go_online();
    ck_assert_uint_eq(requests_in_one_read(), 20);
    t.on_phase = NULL;
    dtc_session_descriptor(t.session, &events);
    ck_assert_int_eq(events, POLLIN);
    ask_for_much(DTC_ONLINE); /* outside of it */
    char byte;
    ck_assert_int_eq(recv(t.peer, &byte, 1, MSG_DONTWAIT), -1);
    dtc_session_descriptor(t.session, &events);
    ck_assert_int_eq(events, POLLIN | POLLOUT);
    turn();
    ck_assert_uint_eq(requests_in_one_read(), 20);
}
END_TEST

START_TEST(no_more_requests_are_kept_than_can_be_answered)
{
    go_online();
    int count = 0;
    while (request(DTC_CURRENT_POSITIONS_REQUEST) > 0)
        count++;
    ck_assert_int_eq(count, 1024);
    ck_assert_int_eq(dtc_session_phase(t.session), DTC_ONLINE);
    turn();
    peer_send("{\"Type\":306,\"RequestID\":1,\"NoPositions\":1}");
    turn_until_answers(1);
    ck_assert_int_eq(request(DTC_CURRENT_POSITIONS_REQUEST), 1025);
    t.answers = 0;
    memset(t.order, 0, sizeof t.order);
    dtc_session_free(t.session);
    t.session = NULL;
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("session hosts");
    const TTest *const hosts[] = {
        the_next_host_is_tried_at_once_when_one_refuses, a_wait_comes_only_after_the_last_host,
        a_host_that_does_not_let_us_in_is_left_for_the_next, ipv6_is_spoken};
    const TTest *const names[] = {
        a_name_is_looked_up_beside_the_session, a_name_that_does_not_exist_is_told,
        the_next_host_is_tried_when_a_name_does_not_exist, a_look_up_can_be_left_at_any_time};
    const TTest *const sockets[] = {the_socket_sends_at_once_and_is_kept_alive,
                                    what_is_sent_in_one_go_goes_out_together,
                                    no_more_requests_are_kept_than_can_be_answered};
    CASE_ADD(s, "hosts", hosts);
    CASE_ADD(s, "names", names);
    CASE_ADD(s, "sockets", sockets);
    return s;
}

TEST_MAIN(suite)
