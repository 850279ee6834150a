#include "base/config.h"

#include "base/text.h"

#include "support/test.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char directory[256], path[300];
static struct config config;
static struct error error;

static void setup(void)
{
    test_directory_make(directory, sizeof directory);
    snprintf(path, sizeof path, "%s/sortie.ini", directory);
    config_set_defaults(&config);
    error = (struct error){0};
}

static void teardown(void)
{
    test_directory_remove(directory);
}

static bool load(const char *text)
{
    test_file_write(path, text, 0600);
    return config_load_file(&config, path, true, &error);
}

static void assert_says(const char *part)
{
    ck_assert_msg(strstr(error.text, part) != NULL, "\"%s\" lacks \"%s\"", error.text, part);
}

static const struct config_instrument *instrument(const char *root)
{
    for (size_t i = 0; i < config.instrument_count; i++) {
        if (strcmp(config.instruments[i].root, root) == 0)
            return &config.instruments[i];
    }
    ck_abort_msg("no instrument %s", root);
}

START_TEST(defaults_are_those_of_the_design)
{
    ck_assert_str_eq(config.host, "127.0.0.1");
    ck_assert_int_eq(config.port, 11099);
    ck_assert_int_eq(config.history_port, 0);
    ck_assert_str_eq(config.encoding, "auto");
    ck_assert(!config.tls);
    ck_assert_str_eq(config.account, "");
    ck_assert(!config.ascii);
    ck_assert_int_eq(config.heartbeat, 10);
    ck_assert_int_eq(config.stale_hours, 24);
    ck_assert_double_eq(config.sim_start_balance, 10000);
    ck_assert_int_eq(config.heat_warn, 180);
    ck_assert_int_eq(config.heat_alert, 270);
    ck_assert_int_eq(config.heat_critical, 300);
    ck_assert_int_eq(config.stop_near_ticks, 4);
    ck_assert_int_eq(config.reconcile_minutes, 5);
    ck_assert_uint_eq(config.instrument_count, 0);
}
END_TEST

/* domain.md, "Instruments" */
static const struct config_instrument SHIPPED[] = {
    {"ES", 0.25, 50, 0, "", 0},   {"MES", 0.25, 5, 0, "", 0}, {"NQ", 0.25, 20, 0, "", 0},
    {"MNQ", 0.25, 2, 0, "", 0},   {"YM", 1, 5, 0, "", 0},     {"MYM", 1, 0.5, 0, "", 0},
    {"RTY", 0.1, 50, 0, "", 0},   {"M2K", 0.1, 5, 0, "", 0},  {"CL", 0.01, 1000, 0, "", 0},
    {"MCL", 0.01, 100, 0, "", 0}, {"GC", 0.1, 100, 0, "", 0}, {"MGC", 0.1, 10, 0, "", 0},
};
enum { SHIPPED_COUNT = sizeof SHIPPED / sizeof SHIPPED[0] };

START_TEST(the_products_of_the_design_are_shipped)
{
    const struct config_instrument *found = config_find_shipped(SHIPPED[_i].root);
    ck_assert_ptr_nonnull(found);
    ck_assert_double_eq(found->tick, SHIPPED[_i].tick);
    ck_assert_double_eq(found->point_value, SHIPPED[_i].point_value);
    ck_assert_double_eq(found->commission, 0);
    ck_assert_str_eq(found->currency, "USD");
    ck_assert_int_eq(found->session_start, 17 * 60);
    ck_assert_ptr_null(config_find_shipped("ZB"));
}
END_TEST

START_TEST(a_file_overrides_what_it_names_and_nothing_else)
{
    ck_assert_msg(load("# a comment\n"
                       "[server]\n"
                       "host = trading.example ; mine\n"
                       "port=11098\r\n"
                       "  heartbeat = 20\n" /* indented: a setting, not more of the one above */
                       "[console]\n"
                       "ascii = Yes\n"
                       "[trade]\n"
                       "sim_start_balance = 2500.5"),
                  "%s", error.text);
    ck_assert_str_eq(config.host, "trading.example");
    ck_assert_int_eq(config.port, 11098);
    ck_assert_int_eq(config.heartbeat, 20);
    ck_assert(config.ascii);
    ck_assert_double_eq(config.sim_start_balance, 2500.5);
    ck_assert_int_eq(config.stale_hours, 24);
}
END_TEST

START_TEST(sections_with_names_make_or_change_entries)
{
    ck_assert_msg(load("[instrument.ZB]\ntick = 0.03125\npoint_value = 1000\n"
                       "[instrument.MES]\ncommission = 0.62\nsession_start = 08:30\n"
                       "[instrument.ES]\npoint_value = 49\n"
                       "[account.APX-1234]\nmode = LIVE\n"
                       "[account.a.b]\nmode = debug\n"),
                  "%s", error.text);
    ck_assert_uint_eq(config.instrument_count, 3);
    ck_assert_double_eq(instrument("ZB")->tick, 0.03125);
    ck_assert_int_eq(instrument("ZB")->session_start, 17 * 60);
    ck_assert_double_eq(instrument("MES")->commission, 0.62);
    ck_assert_double_eq(instrument("MES")->tick, 0);
    ck_assert_int_eq(instrument("MES")->session_start, 8 * 60 + 30);
    ck_assert_double_eq(instrument("ES")->point_value, 49);
    ck_assert_uint_eq(config.account_count, 2);
    ck_assert_str_eq(config.accounts[0].name, "APX-1234");
    ck_assert_str_eq(config.accounts[0].mode, "live");
    ck_assert_str_eq(config.accounts[1].name, "a.b");
}
END_TEST

START_TEST(a_mistake_is_named_with_file_line_and_what_is_allowed)
{
    static const struct {
        const char *text, *place, *says;
    } rows[] = {
        {"[server]\n\nprot = 1\n", "sortie.ini:3: server.prot", "did you mean port in [server]?"},
        {"[sever]\nhost = a\n", "sortie.ini:2: sever.host", "did you mean host in [server]?"},
        {"[trade]\nfrobnicate_all = 1\n", "sortie.ini:2: ", "sortie.ini(5) lists them all"},
        {"host = a\n", "sortie.ini:1: ", "is not a setting"},
        {"[server]\nport = 0\n", ":2: server.port", "a whole number from 1 to 65535"},
        {"[server]\nport = 65536\n", ":2: server.port", "from 1 to 65535"},
        {"[server]\nport = 80.5\n", ":2: server.port", "a whole number"},
        {"[server]\nport = 80x\n", ":2: server.port", "\"80x\""},
        {"[server]\nport =\n", ":2: server.port", "a whole number"},
        {"[server]\nport = 0x50\n", ":2: server.port", "a whole number"},
        {"[trade]\nsim_start_balance = nan\n", ":2: ", "a number from 0 to 1000000000"},
        {"[trade]\nsim_start_balance = inf\n", ":2: ", "a number from 0 to"},
        {"[console]\nascii = maybe\n", ":2: console.ascii", "allowed: yes, no"},
        {"[server]\nencoding = xml\n", ":2: server.encoding",
         "allowed: auto binary binary-vls json json-compact protobuf"},
        {"[server]\nhost =\n", ":2: server.host", "\"\" is no address of a server"},
        {"[server]\nhost = a,\n", ":2: server.host", "\"\" is no address of a server"},
        {"[server]\nhost = a, b:99999\n", ":2: server.host", "\"b:99999\" is no address"},
        {"[server]\nhost = a,b,c,d,e,f,g,h,i\n", ":2: server.host", "more than 8 servers"},
        {"[server]\nhistory_port = -1\n", ":2: server.history_port", "from 0 to 65535"},
        {"[server]\ntls = ssl\n", ":2: server.tls", "allowed: yes, no"},
        {"[server]\nhost = a\x1B[2J\n", ":2: server.host", "control character"},
        {"[server]\nusername = 12345678901234567890123456789012\n", ":2: ", "at most 31 bytes"},
        {"[server]\nsymbols = 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17\n", ":2: ", "at most 16"},
        {"[instrument.MES]\ntick = 0\n", ":2: instrument.MES.tick", "a number from 1e-09"},
        {"[instrument.]\ntick = 1\n", ":2: ", "1 to 15 bytes"},
        {"[instrument.ABCDEFGHIJKLMNOP]\ntick = 1\n", ":2: ", "1 to 15 bytes"},
        {"[account.A]\nmode = paper\n", ":2: account.A.mode", "allowed: sim live debug"},
        {"[account.A\x1B]\nmode = sim\n", ":2: ", "control character"},
        {"[server]\nhost\n", "sortie.ini:2: ", "expected \"[section]\""},
        {"[server\nhost = a\n", "sortie.ini:1: ", "expected \"[section]\""},
        {"[server]\nhost\nport = 0\n", "sortie.ini:2: ", "expected"}, /* the first of two */
        {"[server]\nport = 0\nhost\n", "sortie.ini:2: ", "65535"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        config_set_defaults(&config);
        ck_assert_msg(!load(rows[i].text), "row %zu was taken", i);
        ck_assert_int_eq(error.code, ERROR_USAGE);
        assert_says(rows[i].place);
        assert_says(rows[i].says);
        ck_assert_ptr_null(strchr(error.text, '\x1B'));
    }
}
END_TEST

START_TEST(a_line_too_long_is_refused_not_cut)
{
    char text[400] = "[server]\nhost = ";
    size_t start = strlen(text);
    memset(text + start, 'a', 191); /* "host = " and 191 bytes: the 198 that are allowed */
    text[start + 191] = '\0';
    ck_assert_msg(load(text), "%s", error.text);
    ck_assert_uint_eq(strlen(config.host), 191);
    strcat(text, "a\n");
    ck_assert(!load(text));
    assert_says(":2: the line is longer than 198 bytes");
}
END_TEST

START_TEST(too_many_sections_are_refused)
{
    struct error none;
    for (int i = 0; i < CONFIG_ACCOUNTS; i++) {
        char name[32];
        snprintf(name, sizeof name, "account.A%d.mode", i);
        ck_assert(config_set(&config, name, "sim", &none));
    }
    ck_assert(config_set(&config, "account.A0.mode", "live", &none));
    ck_assert_str_eq(config.accounts[0].mode, "live");
    ck_assert(!config_set(&config, "account.more.mode", "sim", &error));
    assert_says("at most 32");
}
END_TEST

START_TEST(a_missing_file_matters_only_when_it_was_asked_for)
{
    ck_assert(config_load_file(&config, path, false, &error));
    ck_assert(!config_load_file(&config, path, true, &error));
    ck_assert_int_eq(error.code, ERROR_SYSTEM);
    assert_says(path);
    ck_assert(!config_load_file(&config, directory, false, &error));
    assert_says(directory);
}
END_TEST

/* Bytes of all kinds: never more than an error. */
START_TEST(no_file_can_do_harm)
{
    static const char *const pieces[] = {
        "[", "]",    "server",     "port",    "=",    "\n",   " ",  "1",
        ";", "#",    "\x1B",       "\xFF",    "\"",   "\t",   "\r", "instrument",
        ".", "tick", "[server]\n", "account", "mode", "host", "\n", "-"};
    uint32_t random = 7;
    for (int round = 0; round < 500; round++) {
        char text[512] = "";
        for (int i = 0; i < 40; i++) {
            random = random * 1664525U + 1013904223U;
            strcat(text, pieces[(random >> 16) % (sizeof pieces / sizeof *pieces)]);
        }
        error.text[0] = '\0';
        config_set_defaults(&config);
        if (!load(text))
            ck_assert_str_ne(error.text, "");
        ck_assert_int_ge(config.port, 1);
        ck_assert_int_le(config.port, 65535);
    }
}
END_TEST

START_TEST(the_environment_overrides_and_its_mistakes_are_named)
{
    char *good[] = {"PATH=/bin", "SORTIE_SERVER_HOST=h", "SORTIE_TRADE_STALE_HOURS=48",
                    "SORTIE_PASSWORD=secret", NULL};
    char *unknown[] = {"SORTIE_SERVER_HSOT=h", NULL};
    char *bad[] = {"SORTIE_SERVER_PORT=x", NULL};
    char *longer[] = {"SORTIE_PASSWORD=12345678901234567890123456789012", NULL};
    ck_assert_msg(config_load_environment(&config, good, &error), "%s", error.text);
    ck_assert_str_eq(config.host, "h");
    ck_assert_int_eq(config.stale_hours, 48);
    ck_assert_str_eq(config.password, "secret");
    ck_assert(!config_load_environment(&config, unknown, &error));
    assert_says("SORTIE_SERVER_HSOT belongs to no setting; did you mean SORTIE_SERVER_HOST");
    ck_assert(!config_load_environment(&config, bad, &error));
    assert_says("SORTIE_SERVER_PORT: server.port");
    ck_assert(!config_load_environment(&config, longer, &error));
    ck_assert_ptr_null(strstr(error.text, "1234"));
}
END_TEST

START_TEST(an_option_sets_one_setting_by_its_name)
{
    ck_assert(config_set(&config, "server.port", "4000", &error));
    ck_assert_int_eq(config.port, 4000);
    ck_assert(!config_set(&config, "server.port", "none", &error));
    ck_assert_int_eq(strncmp(error.text, "server.port cannot be", 21), 0);
    ck_assert(!config_set(&config, "port", "1", &error));
    assert_says("write section.setting");
    ck_assert(!config_set(&config, "server.password", "x", &error)); /* never an option */
    ck_assert_str_eq(config.password, "");
}
END_TEST

START_TEST(a_password_file_must_be_private)
{
    static const mode_t open_modes[] = {0640, 0604, 0620, 0660, 0777};
    text_copy(config.password_file, sizeof config.password_file, path);
    for (size_t i = 0; i < sizeof open_modes / sizeof *open_modes; i++) {
        test_file_write(path, "secret\n", open_modes[i]);
        ck_assert(!config_load_password(&config, &error));
        assert_says("chmod 600");
        ck_assert_ptr_null(strstr(error.text, "secret"));
        ck_assert_str_eq(config.password, "");
    }
    test_file_write(path, "secret\nsecond line\n", 0600);
    ck_assert_msg(config_load_password(&config, &error), "%s", error.text);
    ck_assert_str_eq(config.password, "secret");
}
END_TEST

START_TEST(a_password_file_that_gives_none_is_an_error)
{
    text_copy(config.password_file, sizeof config.password_file, path);
    ck_assert(!config_load_password(&config, &error));
    assert_says(path);
    test_file_write(path, "", 0600);
    ck_assert(!config_load_password(&config, &error));
    assert_says("no password in its first line");
    test_file_write(path, "12345678901234567890123456789012\n", 0600);
    ck_assert(!config_load_password(&config, &error));
    assert_says("longer than the 31 bytes");
    ck_assert_ptr_null(strstr(error.text, "1234"));
    text_copy(config.password_file, sizeof config.password_file, directory);
    ck_assert(!config_load_password(&config, &error));
}
END_TEST

START_TEST(a_password_command_gives_its_first_line)
{
    text_copy(config.password_command, sizeof config.password_command,
              "echo 'a secret'; echo more; head -c 100000 /dev/zero");
    ck_assert_msg(config_load_password(&config, &error), "%s", error.text);
    ck_assert_str_eq(config.password, "a secret");
}
END_TEST

START_TEST(a_password_command_that_fails_gives_nothing)
{
    text_copy(config.password_command, sizeof config.password_command, "echo half; exit 3");
    ck_assert(!config_load_password(&config, &error));
    assert_says("status 3");
    ck_assert_str_eq(config.password, "");
    text_copy(config.password_command, sizeof config.password_command, "true");
    ck_assert(!config_load_password(&config, &error));
    assert_says("no password");
}
END_TEST

START_TEST(a_password_that_is_known_is_kept_and_none_is_fine)
{
    ck_assert(config_load_password(&config, &error));
    ck_assert_str_eq(config.password, "");
    text_copy(config.password, sizeof config.password, "known");
    text_copy(config.password_command, sizeof config.password_command, "exit 1");
    ck_assert(config_load_password(&config, &error));
    ck_assert_str_eq(config.password, "known");
}
END_TEST

/* Its line, ";key = default", below its section, which for a section with names is the first. */
static void find_in_shipped_file(void *text, const char *section, const char *key,
                                 const char *standard, const char *help)
{
    char wanted[200];
    const char *dot = strchr(section, '.');
    if (dot == NULL)
        snprintf(wanted, sizeof wanted, "\n[%s]\n", section);
    else
        snprintf(wanted, sizeof wanted, "[%.*s.", (int)(dot - section), section);
    const char *at = strstr(text, wanted);
    ck_assert_msg(at != NULL, "config/sortie.ini lacks [%s]", section);
    if (standard[0] == '\0')
        snprintf(wanted, sizeof wanted, "\n;%s =", key);
    else
        snprintf(wanted, sizeof wanted, "\n;%s = %s\n", key, standard);
    ck_assert_msg(strstr(at, wanted) != NULL, "config/sortie.ini lacks \"%s\"", wanted + 1);
    ck_assert_str_ne(help, "");
}

static void find_in_manual(void *text, const char *section, const char *key, const char *standard,
                           const char *help)
{
    char wanted[100];
    (void)standard;
    (void)help;
    snprintf(wanted, sizeof wanted, "\n.Ss [%s]\n", section);
    const char *at = strstr(text, wanted);
    ck_assert_msg(at != NULL, "sortie.ini(5) lacks [%s]", section);
    snprintf(wanted, sizeof wanted, "\n.It Sy %s\n", key);
    ck_assert_msg(strstr(at, wanted) != NULL, "sortie.ini(5) lacks %s of [%s]", key, section);
}

START_TEST(every_setting_is_documented)
{
    char *shipped = test_file_read(SOURCE_DIR "/config/sortie.ini");
    config_each_setting(find_in_shipped_file, shipped);
    free(shipped);
    char *manual = test_file_read(SOURCE_DIR "/man/sortie.ini.5");
    config_each_setting(find_in_manual, manual);
    free(manual);
}
END_TEST

START_TEST(the_shipped_file_says_the_defaults)
{
    struct config defaults;
    config_set_defaults(&defaults);
    ck_assert_msg(config_load_file(&config, SOURCE_DIR "/config/sortie.ini", true, &error), "%s",
                  error.text);
    ck_assert_mem_eq(&config, &defaults, sizeof config);

    char *text = test_file_read(SOURCE_DIR "/config/sortie.ini");
    for (char *c = strstr(text, "\n;"); c != NULL; c = strstr(c, "\n;"))
        memmove(c + 1, c + 2, strlen(c + 2) + 1);
    ck_assert_msg(load(text), "%s", error.text);
    free(text);
    ck_assert_uint_eq(config.account_count, 1); /* the example */
    memset(config.accounts, 0, sizeof config.accounts);
    config.account_count = 0;
    ck_assert_uint_eq(config.instrument_count, SHIPPED_COUNT);
    for (size_t i = 0; i < SHIPPED_COUNT; i++) {
        const struct config_instrument *found = config_find_shipped(config.instruments[i].root);
        ck_assert_ptr_nonnull(found);
        ck_assert_double_eq(config.instruments[i].tick, found->tick);
        ck_assert_double_eq(config.instruments[i].point_value, found->point_value);
        ck_assert_int_eq(config.instruments[i].session_start, found->session_start);
    }
    memset(config.instruments, 0, sizeof config.instruments);
    config.instrument_count = 0;
    ck_assert_mem_eq(&config, &defaults, sizeof config);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("config");
    TCase *t = tcase_create("config");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, defaults_are_those_of_the_design);
    tcase_add_loop_test(t, the_products_of_the_design_are_shipped, 0, SHIPPED_COUNT);
    tcase_add_test(t, a_file_overrides_what_it_names_and_nothing_else);
    tcase_add_test(t, sections_with_names_make_or_change_entries);
    tcase_add_test(t, a_mistake_is_named_with_file_line_and_what_is_allowed);
    tcase_add_test(t, a_line_too_long_is_refused_not_cut);
    tcase_add_test(t, too_many_sections_are_refused);
    tcase_add_test(t, a_missing_file_matters_only_when_it_was_asked_for);
    tcase_add_test(t, no_file_can_do_harm);
    tcase_add_test(t, the_environment_overrides_and_its_mistakes_are_named);
    tcase_add_test(t, an_option_sets_one_setting_by_its_name);
    tcase_add_test(t, a_password_file_must_be_private);
    tcase_add_test(t, a_password_file_that_gives_none_is_an_error);
    tcase_add_test(t, a_password_command_gives_its_first_line);
    tcase_add_test(t, a_password_command_that_fails_gives_nothing);
    tcase_add_test(t, a_password_that_is_known_is_kept_and_none_is_fine);
    tcase_add_test(t, every_setting_is_documented);
    tcase_add_test(t, the_shipped_file_says_the_defaults);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
