/* What a user may give the console that it cannot use: options, settings, files. Each gets one
 * sentence that says what to do, and nothing is touched. */
#include "console_bench.h"

START_TEST(help_names_every_option)
{
    static const char *const options[] = {"--demo",    "--host",     "--port",   "--encoding",
                                          "--account", "--config",   "--ascii",  "--data-dir",
                                          "--help",    "--headless", "--version"};
    ck_assert_int_eq(run(MORE("--help")), 0);
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        ck_assert_said(options[i]);
    ck_assert_int_ne(access(b.data, F_OK), 0);
}
END_TEST

START_TEST(the_version_is_one_line)
{
    ck_assert_int_eq(run(MORE("--version")), 0);
    ck_assert_str_eq(b.said, "sortie " SORTIE_VERSION "\n");
}
END_TEST

static const struct {
    const char *words;
    const char *arguments[3];
} WRONG[] = {
    {"server.port cannot be \"abc\"; allowed: a whole number from 1 to 65535", {"--port", "abc"}},
    {"server.port cannot be \"0\"; allowed: a whole number from 1 to 65535", {"--port", "0"}},
    {"server.port cannot be \"70000\"; allowed", {"--port", "70000"}},
    {"server.port cannot be \"\"; allowed", {"--port="}},
    {"server.encoding cannot be \"xml\"; allowed: auto binary", {"--encoding", "xml"}},
    {"server.host is wrong: \"a:b\" is no address of a server: its port", {"--host", "a:b"}},
    {"there is no command or argument 'postions': see sortie --help", {"postions"}},
    {"there is no command or argument 'console': see sortie --help", {"console"}},
    {"cannot read the settings in /nonexistent.ini: No such file",
     {"--config", "/nonexistent.ini"}},
    {"console.account is too long: at most 31 bytes",
     {"--account", "a234567890b234567890c234567890d2"}},
    {"console.account holds a control character", {"--account", "Sim\x1b[2J"}},
};

START_TEST(wrong_values_of_options_are_told)
{
    expect_sentence(2, WRONG[_i].words,
                    MORE(WRONG[_i].arguments[0], WRONG[_i].arguments[1], WRONG[_i].arguments[2]));
    ck_assert_int_ne(access(b.data, F_OK), 0);
}
END_TEST

START_TEST(unknown_options_are_named)
{
    ck_assert_int_eq(run(MORE("--frobnicate")), 2);
    ck_assert_said("--frobnicate");
    ck_assert_said("sortie --help");
    ck_assert_int_eq(run(MORE("--port")), 2);
    ck_assert_said("--port");
    ck_assert_said("sortie --help");
    ck_assert_int_eq(run(MORE("--headless=yes")), 2);
    ck_assert_said("sortie --help");
    ck_assert_int_ne(access(b.data, F_OK), 0);
}
END_TEST

static const struct {
    const char *words, *file;
} WRONG_FILES[] = {
    {"bad.ini:2: server.prot is not a setting; did you mean port in [server]?",
     "[server]\nprot = 1\n"},
    {"bad.ini:3: server.port cannot be \"many\"; allowed: a whole number from 1 to 65535",
     "# mine\n[server]\nport = many\n"},
    {"bad.ini:1: expected", "port 11099\n"},
    {"bad.ini:2: server.encoding cannot be \"xml\"; allowed: auto binary",
     "[server]\nencoding = xml\n"},
    {"bad.ini:2: account.APX.mode cannot be \"real\"; allowed: sim live debug",
     "[account.APX]\nmode = real\n"},
};

START_TEST(wrong_settings_are_told_with_file_and_line)
{
    char path[300];
    text_format(path, sizeof path, "%s/bad.ini", b.directory);
    test_file_write(path, WRONG_FILES[_i].file, 0600);
    expect_sentence(2, WRONG_FILES[_i].words, MORE("--config", path));
    ck_assert_int_ne(access(b.data, F_OK), 0);
}
END_TEST

START_TEST(the_users_own_settings_are_read_and_checked)
{
    char path[400];
    text_format(path, sizeof path, "%s/.config", b.directory);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    text_format(path, sizeof path, "%s/.config/sortie", b.directory);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    text_format(path, sizeof path, "%s/.config/sortie/sortie.ini", b.directory);
    test_file_write(path, "[trade]\nheat_wran = 5\n", 0600);
    expect_sentence(2, "sortie.ini:2: trade.heat_wran is not a setting; did you mean heat_warn",
                    NULL);
}
END_TEST

START_TEST(unknown_variables_are_told)
{
    setenv("SORTIE_SERVER_PROT", "1", 1);
    expect_sentence(2,
                    "the variable SORTIE_SERVER_PROT belongs to no setting; did you mean "
                    "SORTIE_SERVER_PORT",
                    NULL);
    unsetenv("SORTIE_SERVER_PROT");
    setenv("SORTIE_SERVER_PORT", "-1", 1);
    expect_sentence(2, "SORTIE_SERVER_PORT: server.port cannot be \"-1\"", NULL);
}
END_TEST

START_TEST(an_option_rules_over_a_variable)
{
    setenv("SORTIE_SERVER_PORT", "17", 1);
    start_peer();
    show();
    expect("online with");
    quit();
}
END_TEST

/* --- no terminal, or none that can be used --- */

START_TEST(without_a_terminal_it_says_how_to_run)
{
    expect_sentence(1, "sortie needs a terminal; use --headless to run without a screen", NULL);
}
END_TEST

START_TEST(an_unknown_terminal_type_is_named)
{
    show_with(NULL, MORE(b.home, "TERM=frob-9000"));
    expect_end(1);
    ck_assert(terminal_shows(b.terminal, "sortie: the terminal type \"frob-9000\" is not known"));
    ck_assert(terminal_shows(b.terminal, "TERM=xterm-256color"));
    show_with(NULL, MORE(b.home, "TERM"));
    expect_end(1);
    ck_assert(terminal_shows(b.terminal, "TERM is not set"));
    show_with(NULL, MORE(b.home, "TERM=dumb"));
    expect_end(1);
    ck_assert(terminal_shows(b.terminal, "cannot move its cursor"));
}
END_TEST

START_TEST(headless_runs_without_a_terminal_until_it_is_told_to_end)
{
    int output;
    start_peer();
    pid_t child = spawn(MORE("--headless"), false, &output);
    int64_t limit = clock_monotonic_us() + PATIENCE_MS * CLOCK_MS;
    while (peer_count(b.peer, 305) == 0) {
        ck_assert(clock_monotonic_us() < limit);
        poll(NULL, 0, 5);
    }
    kill(child, SIGHUP); /* its terminal is gone: that is no reason */
    send_fill(1);
    while (access(b.database, F_OK) != 0 || query("SELECT count(*) FROM open_position") != 1) {
        ck_assert(clock_monotonic_us() < limit);
        poll(NULL, 0, 5);
    }
    kill(child, SIGTERM);
    ck_assert_int_eq(reap(child, output), 0);
    ck_assert_str_eq(b.said, "");
    while (peer_count(b.peer, 5) == 0) {
        ck_assert(clock_monotonic_us() < limit);
        poll(NULL, 0, 5);
    }
}
END_TEST

/* --- files --- */

static void make_data(void)
{
    ck_assert_int_eq(mkdir(b.data, 0700), 0);
}

/* In a terminal, as a user would see it; what is wrong, and what to do. */
static void expect_refusal(const char *words, const char *advice)
{
    show();
    expect_end(1);
    char *text = strdup(terminal_text(b.terminal)), *flat = text;
    for (char *c = text; *c != '\0'; c++) /* the terminal breaks a long line where it likes */
        if (*c != '\n')
            *flat++ = *c;
    *flat = '\0';
    ck_assert_msg(strstr(text, words) != NULL, "\"%s\" is not in:\n%s", words, text);
    ck_assert_msg(strstr(text, advice) != NULL, "\"%s\" is not in:\n%s", advice, text);
    ck_assert_msg(strncmp(text, "sortie: ", 8) == 0, "%s", text);
    free(text);
}

START_TEST(a_directory_in_the_databases_place_is_told)
{
    make_data();
    ck_assert_int_eq(mkdir(b.database, 0700), 0);
    expect_refusal("/data/sortie.db refuses: unable to open database file",
                   "look at the file and its directory");
}
END_TEST

static void write_database(const char *sql)
{
    sqlite3 *db;
    make_data();
    ck_assert_int_eq(sqlite3_open(b.database, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

START_TEST(what_is_no_database_is_left_as_it_is)
{
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    make_data();
    test_file_write(b.database, text, 0600);
    expect_refusal("/data/sortie.db is damaged or not a database of sortie",
                   "move it away to begin anew");
    char *after = test_file_read(b.database);
    ck_assert_str_eq(after, text);
    free(after);
}
END_TEST

START_TEST(another_programs_database_is_left_as_it_is)
{
    write_database("CREATE TABLE recipe (name TEXT); INSERT INTO recipe VALUES ('soup')");
    expect_refusal("not a database of sortie", "move it away to begin anew");
    ck_assert_double_eq(query("SELECT count(*) FROM recipe"), 1);
    ck_assert_double_eq(query("SELECT count(*) FROM sqlite_master"), 1);
}
END_TEST

START_TEST(a_newer_database_is_left_as_it_is)
{
    show();
    expect("no account yet");
    quit();
    double version = query("PRAGMA user_version");
    char sql[64];
    text_format(sql, sizeof sql, "PRAGMA user_version = %d", (int)version + 1);
    query(sql);
    expect_refusal("/data/sortie.db was written by a newer sortie (its version is ",
                   "use that sortie, or another --data-dir");
    ck_assert_double_eq(query("PRAGMA user_version"), version + 1);
}
END_TEST

static void expect_log(const char *words)
{
    char log[400];
    text_format(log, sizeof log, "%s/sortie.log", b.data);
    for (int tries = PATIENCE_MS / 20;; tries--) {
        char *text = test_file_read(log);
        bool there = strstr(text, words) != NULL;
        ck_assert_msg(there || tries > 0, "\"%s\" is not in:\n%s", words, text);
        free(text);
        if (there)
            return;
        poll(NULL, 0, 20);
    }
}

START_TEST(a_damaged_database_is_set_aside_and_told_of)
{
    show();
    expect("no account yet");
    quit();
    FILE *file = fopen(b.database, "r+b");
    ck_assert_ptr_nonnull(file);
    char junk[8192];
    memset(junk, 0x55, sizeof junk);
    ck_assert_int_eq(fseek(file, 4096, SEEK_SET), 0); /* the header stays */
    ck_assert_uint_eq(fwrite(junk, 1, sizeof junk, file), sizeof junk);
    fclose(file);
    show();
    expect("sortie.db was damaged and is kept as sortie.db.damaged-2");
    quit();
    ck_assert_double_eq(query("SELECT count(*) FROM open_position"), 0);
    show(); /* told once */
    expect("no account yet");
    ck_assert_ptr_null(strstr(terminal_text(b.terminal), "was damaged"));
    quit();
    expect_log("sortie.db was damaged and is kept as");
}
END_TEST

static void zero_root_of(const char *name)
{
    char sql[100], blank[4096] = {0};
    text_format(sql, sizeof sql, "SELECT rootpage FROM sqlite_master WHERE name = '%s'", name);
    long page = (long)query(sql);
    FILE *file = fopen(b.database, "r+b");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, (page - 1) * (long)sizeof blank, SEEK_SET), 0);
    ck_assert_uint_eq(fwrite(blank, 1, sizeof blank, file), sizeof blank);
    ck_assert_int_eq(fclose(file), 0);
}

/* A start reads the open positions of a large one and goes on; the rest is looked through then. */
START_TEST(damage_in_a_large_database_is_found_behind_the_first_frame)
{
    show();
    expect("no account yet");
    expect_log("all of the database looked through");
    quit();
    query("INSERT INTO audit (time, what, mode, account, symbol, before, why) "
          "WITH n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
          "SELECT i, 'open', 'SIM', 'Sim1', 'S', hex(zeroblob(1500)), 'test' FROM n");
    query("PRAGMA wal_checkpoint(TRUNCATE)");
    zero_root_of("fill_by_trade");
    show();
    expect("no account yet");
    expect("sortie.db is damaged: end the console and start it anew");
    quit();
    show();
    expect("sortie.db was damaged and is kept as sortie.db.damaged-2");
    expect("all 2000 rows were saved");
    quit();
    ck_assert_double_eq(query("SELECT count(*) FROM audit"), 2000);
}
END_TEST

/* Runs `sortie WORDS --data-dir DATA REST`; its exit status. What it says is in b.data/said. */
static int run_command(const char *words, const char *rest)
{
    char command[1500];
    text_format(command, sizeof command, "'%s' %s --data-dir '%s' %s >'%s/said' 2>&1", SORTIE,
                words, b.data, rest, b.data);
    int status = system(command);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void assert_command_said(const char *words)
{
    char path[400];
    text_format(path, sizeof path, "%s/said", b.data);
    char *text = test_file_read(path);
    ck_assert_msg(strstr(text, words) != NULL, "%s", text);
    free(text);
}

START_TEST(backups_are_made_while_a_console_runs)
{
    char copy[400], command[500];
    show();
    expect("no account yet");
    text_format(copy, sizeof copy, "%s/copy.db", b.data);
    ck_assert_int_eq(run_command("backup", copy), 0);
    ck_assert_int_eq(access(copy, F_OK), 0);
    ck_assert_int_eq(run_command("backup", copy), 1);
    assert_command_said("exists: give another name");
    ck_assert_int_eq(run_command("backup", ""), 2);
    assert_command_said("give one FILE");
    ck_assert_int_eq(run_command("backup", "--help"), 0);
    assert_command_said("usage: sortie backup");
    /* the day's own comes by itself */
    text_format(command, sizeof command, "ls '%s'/backups/sortie-2???????.db >/dev/null 2>&1",
                b.data);
    int tries = PATIENCE_MS / 100;
    while (system(command) != 0 && --tries > 0)
        poll(NULL, 0, 100);
    ck_assert_int_gt(tries, 0);
    quit();
}
END_TEST

START_TEST(the_doctor_tells_how_things_are_and_what_is_wrong)
{
    char path[400];
    show();
    expect("no account yet");
    ck_assert_int_eq(run_command("doctor", ""), 0);
    assert_command_said("  console    runs, process ");
    assert_command_said("  saving     takes 0 ms now, 0 changes wait, 0 at most so far\n");
    assert_command_said("  commits    0 of 0 changes\n");
    assert_command_said("  check      ok\n");
    assert_command_said("  schema     version 6, this sortie writes 6\n");
    assert_command_said("  backup     "); /* none yet, or one where all this took some seconds */
    assert_command_said("/spill.jsonl: not there\n");
    quit();
    text_format(path, sizeof path, "rm -rf '%s/backups'", b.data);
    ck_assert_int_eq(system(path), 0);
    text_format(path, sizeof path, "%s/spill.jsonl", b.data);
    test_file_write(path, "{}\n", 0600);
    ck_assert_int_eq(run_command("doctor", ""), 1);
    assert_command_said("  console    none runs\n");
    assert_command_said("  backup     none yet in ");
    assert_command_said("!            changes that the database refused wait in it");
    unlink(path);
    zero_root_of("trade");
    ck_assert_int_eq(run_command("doctor", ""), 1);
    assert_command_said("! check      *** in database main ***");
    assert_command_said("start the console anew, which saves what can be read");
    ck_assert_int_eq(run_command("doctor", "what"), 2);
    assert_command_said("there is no argument 'what'");
}
END_TEST

START_TEST(a_data_directory_that_is_a_file_is_told)
{
    test_file_write(b.data, "", 0600);
    expect_refusal("/data: Not a directory", "make it writable or give another with --data-dir");
}
END_TEST

START_TEST(a_read_only_data_directory_is_told)
{
    int output;
    bool root = geteuid() == 0;
    make_data();
    ck_assert_int_eq(chmod(b.directory, 0755), 0);
    ck_assert_int_eq(chmod(b.data, 0555), 0);
    pid_t child = spawn(MORE("--headless"), root, &output);
    int status = reap(child, output);
    ck_assert_int_eq(chmod(b.data, 0755), 0);
    if (root && status == 127)
        return; /* nobody may not run the program where it was built */
    ck_assert_int_eq(status, 1);
    ck_assert_said("cannot use the directory");
    ck_assert_said("Permission denied; make it writable or give another with --data-dir\n");
}
END_TEST

START_TEST(a_log_that_cannot_be_written_is_told)
{
    char path[400];
    make_data();
    text_format(path, sizeof path, "%s/sortie.log", b.data);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    expect_refusal("cannot write the log", "check the directory");
}
END_TEST

START_TEST(a_second_console_on_the_same_data_is_told_of_the_first)
{
    char pid[64];
    struct terminal *first;
    start_peer();
    show();
    expect("online with");
    first = b.terminal;
    b.terminal = NULL;
    text_format(pid, sizeof pid, "another sortie, process %ld, has this data",
                (long)terminal_pid(first));
    expect_sentence(1, pid, MORE("--headless"));
    ck_assert_said("end it first, or use another --data-dir");
    expect_refusal(pid, "end it first, or use another --data-dir");
    terminal_free(b.terminal);
    b.terminal = first;
    send_fill(1);
    expect("LONG 1 MESZ26_FUT_CME"); /* the first has not noticed */
    quit();
    ck_assert_double_eq(query("SELECT count(*) FROM open_position"), 1);
    show();
    expect("Recovered positions");
}
END_TEST

static Suite *suite(void)
{
    const TTest *const options[] = {
        help_names_every_option,    the_version_is_one_line,
        unknown_options_are_named,  the_users_own_settings_are_read_and_checked,
        unknown_variables_are_told, an_option_rules_over_a_variable,
    };
    const TTest *const terminals[] = {
        without_a_terminal_it_says_how_to_run,
        an_unknown_terminal_type_is_named,
        headless_runs_without_a_terminal_until_it_is_told_to_end,
    };
    const TTest *const files[] = {
        a_directory_in_the_databases_place_is_told,
        what_is_no_database_is_left_as_it_is,
        another_programs_database_is_left_as_it_is,
        a_newer_database_is_left_as_it_is,
        a_damaged_database_is_set_aside_and_told_of,
        damage_in_a_large_database_is_found_behind_the_first_frame,
        backups_are_made_while_a_console_runs,
        the_doctor_tells_how_things_are_and_what_is_wrong,
        a_data_directory_that_is_a_file_is_told,
        a_read_only_data_directory_is_told,
        a_log_that_cannot_be_written_is_told,
        a_second_console_on_the_same_data_is_told_of_the_first,
    };
    Suite *s = suite_create("console: input");
    CASE_ADD(s, "options", options);
    CASE_ADD(s, "terminals", terminals);
    CASE_ADD(s, "files", files);
    TCase *each = tcase_create("each wrong value");
    tcase_add_checked_fixture(each, set_up, tear_down);
    tcase_add_loop_test(each, wrong_values_of_options_are_told, 0,
                        (int)(sizeof WRONG / sizeof WRONG[0]));
    tcase_add_loop_test(each, wrong_settings_are_told_with_file_and_line, 0,
                        (int)(sizeof WRONG_FILES / sizeof WRONG_FILES[0]));
    suite_add_tcase(s, each);
    return s;
}

TEST_MAIN(suite)
