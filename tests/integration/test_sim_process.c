/* sortie-sim as a program: its options, its address file, its end. */
#include "integration/test_sim_process.h"

#include <fcntl.h>
#include <sys/stat.h>

START_TEST(the_address_file_is_locked_by_the_living_server)
{
    struct server first, second;
    char directory[256], path[300], expected[64];
    test_directory_make(directory, sizeof directory);
    snprintf(path, sizeof path, "%s/address", directory);
    const char *const arguments[] = {"--port", "0", "--address-file", path, NULL};
    int port = start_with(&first, arguments);
    snprintf(expected, sizeof expected, "127.0.0.1:%d\n", port);
    char *text = test_file_read(path);
    ck_assert_str_eq(text, expected);
    free(text);
    struct stat status;
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0600);
    int fd = open(path, O_RDWR);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    ck_assert_int_eq(fcntl(fd, F_GETLK, &lock), 0);
    ck_assert_int_eq(lock.l_type, F_WRLCK);
    ck_assert_int_eq(lock.l_pid, first.pid);

    ck_assert_int_eq(run(&second, arguments), 1);
    ck_assert_ptr_nonnull(strstr(second.said, path));
    text = test_file_read(path);
    ck_assert_str_eq(text, expected); /* untouched */
    free(text);

    stop(&first);
    lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
    ck_assert_int_eq(fcntl(fd, F_GETLK, &lock), 0);
    ck_assert_int_eq(lock.l_type, F_UNLCK);
    close(fd);
    test_directory_remove(directory);
}
END_TEST

START_TEST(an_idle_server_ends_itself)
{
    struct server s;
    struct client c;
    ck_assert_int_eq(run(&s, (const char *const[]){"--port", "0", "--idle-exit", "0", NULL}), 0);
    client_open(&c, start_with(&s, (const char *const[]){"--port", "0", "--idle-exit", "4", NULL}),
                NULL);
    client_log_on(&c);
    client_close(&c);
    ck_assert_int_eq(reap(&s), 0);
}
END_TEST

START_TEST(a_signal_ends_it_with_a_logoff_to_each_client)
{
    struct server s;
    struct client c;
    char reason[128] = "";
    client_open(&c, start_quiet(&s), NULL);
    client_log_on(&c);
    kill(s.pid, _i ? SIGINT : SIGTERM);
    ck_assert(client_read_to_logoff(&c, reason, sizeof reason));
    ck_assert_str_eq(reason, "The server ends");
    ck_assert_int_eq(reap(&s), 0);
    client_close(&c);
}
END_TEST

static const struct {
    const char *arguments[4];
    int status;
    const char *says;
} uses[] = {
    {{"--help"}, 0, "--address-file"},
    {{"--version"}, 0, "sortie-sim " SORTIE_VERSION},
    {{"--speed", "0"}, 2, "--speed 0: must be a number from 1 to 1000"},
    {{"--port", "65536"}, 2, "0 to 65535"},
    {{"--port", "80x"}, 2, "--port 80x"},
    {{"--rate"}, 2, "--help"},
    {{"--wrong"}, 2, "--wrong"},
    {{"extra"}, 2, "extra"},
    {{"--address-file", "/nonexistent/file"}, 1, "/nonexistent/file"},
    {{"--rate", "most"}, 2, "--rate most: must be a number from 0 to 1000000"},
    {{"--encoding", "xml"}, 2, "--encoding xml: must be one of auto binary"},
    {{"--negotiation", "no"}, 2, "--negotiation no: must be one of answer"},
    {{"--tls-cert", "/nonexistent/file"}, 2, "--tls-cert and --tls-key go together"},
    {{"--tls-cert=/nonexistent/c", "--tls-key=/nonexistent/k"}, 1, "certificate in /nonexistent/c"},
    {{"--users", "/nonexistent/file"}, 2, "cannot read the users in /nonexistent/file"},
    {{"--scenario", "/nonexistent/file"}, 2, "cannot read the scenario /nonexistent/file"},
    {{"--scenario", "/"}, 2, "cannot read the scenario /"},
};

START_TEST(the_options_are_checked)
{
    struct server s;
    ck_assert_int_eq(run(&s, uses[_i].arguments), uses[_i].status);
    ck_assert_msg(strstr(s.said, uses[_i].says) != NULL, "it said: %s", s.said);
}
END_TEST

START_TEST(a_wrong_scenario_is_refused_before_anything_is_served)
{
    struct server s;
    char directory[256], path[300];
    test_directory_make(directory, sizeof directory);
    snprintf(path, sizeof path, "%s/scenario", directory);
    test_file_write(path,
                    "# two lines\n{\"at\":1,\"do\":\"drop\"}\n"
                    "{\"at\":2,\"do\":\"stall\",\"for\":\"5\"}\n",
                    0600);
    ck_assert_int_eq(run(&s, (const char *const[]){"--port", "0", "--scenario", path, NULL}), 2);
    ck_assert_ptr_nonnull(strstr(s.said, path));
    ck_assert_ptr_nonnull(strstr(s.said, "line 3: \"for\" must be a number"));
    ck_assert_ptr_null(strstr(s.said, "listening"));
    test_directory_remove(directory);
}
END_TEST

START_TEST(a_scenario_is_played)
{
    struct server s;
    struct client c;
    char directory[256], path[300], reason[128] = "";
    test_directory_make(directory, sizeof directory);
    snprintf(path, sizeof path, "%s/scenario", directory);
    test_file_write(path, "{\"at\":500,\"do\":\"logoff\",\"reason\":\"As written\"}\n", 0600);
    client_open(&c,
                start_with(&s, (const char *const[]){"--port=0", "--speed=1000", "--no-bot",
                                                     "--encoding=json", "--scenario", path, NULL}),
                NULL);
    client_log_on(&c);
    ck_assert(client_read_to_logoff(&c, reason, sizeof reason));
    ck_assert_str_eq(reason, "As written");
    client_close(&c);
    stop(&s);
    test_directory_remove(directory);
}
END_TEST

START_TEST(a_port_in_use_is_refused_with_a_sentence)
{
    struct server first, second;
    char port[16];
    snprintf(port, sizeof port, "%d", start_quiet(&first));
    ck_assert_int_eq(run(&second, (const char *const[]){"--port", port, NULL}), 1);
    ck_assert_ptr_nonnull(strstr(second.said, port));
    ck_assert_ptr_nonnull(strstr(second.said, "choose another --port"));
    stop(&first);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("sim process");
    TCase *t = tcase_create("process");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, the_address_file_is_locked_by_the_living_server);
    tcase_add_test(t, an_idle_server_ends_itself);
    tcase_add_loop_test(t, a_signal_ends_it_with_a_logoff_to_each_client, 0, 2);
    tcase_add_loop_test(t, the_options_are_checked, 0, (int)(sizeof uses / sizeof *uses));
    tcase_add_test(t, a_wrong_scenario_is_refused_before_anything_is_served);
    tcase_add_test(t, a_scenario_is_played);
    tcase_add_test(t, a_port_in_use_is_refused_with_a_sentence);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
