/* How the lines of a scenario are read. */
#include "base/clock.h"
#include "base/text.h"
#include "dtc/enums.h"
#include "sim/product.h"
#include "sim/scenario.h"
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* In all texts ' stands for ". */
static bool add(struct sim_scenario *s, const char *text, int number, struct error *error)
{
    char line[1024];
    ck_assert(text_copy(line, sizeof line, text));
    for (char *c = line; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    return sim_scenario_add(s, line, number, error);
}

/* One of each action, with all its members. */
static const char *const right[SIM_ACTIONS] = {
    [SIM_DO_PRICE] = "{'at':1,'do':'price','symbol':'MESZ26_FUT_CME','price':5000.25}",
    [SIM_DO_TRADE] = "{'at':1,'do':'trade','symbol':'MNQZ26_FUT_CME','price':21000,'volume':3}",
    [SIM_DO_FREEZE] = "{'at':1,'do':'freeze','for':2.5}",
    [SIM_DO_ORDER] = "{'at':1,'do':'order','account':'Sim1','symbol':'NONE','side':'sell',"
                     "'type':'stop-limit','quantity':2,'price':5000,'price2':4999,'id':'a'}",
    [SIM_DO_BRACKET] = "{'at':1,'do':'bracket','account':'Sim1','symbol':'NONE','side':'buy',"
                       "'type':'market-if-touched','quantity':2,'price':5000,'price2':4999,"
                       "'id':'a','stop':4,'target':8}",
    [SIM_DO_CANCEL] = "{'at':1,'do':'cancel','id':'a'}",
    [SIM_DO_REPLACE] = "{'at':1,'do':'replace','id':'a','price':5001,'price2':1,'quantity':3}",
    [SIM_DO_FLATTEN] = "{'at':1,'do':'flatten','account':'Sim1','symbol':'NONE'}",
    [SIM_DO_DROP] = "{'at':1,'do':'drop'}",
    [SIM_DO_REFUSE] = "{'at':1,'do':'refuse','for':3}",
    [SIM_DO_STALL] = "{'at':1,'do':'stall','for':3}",
    [SIM_DO_HALF_OPEN] = "{'at':1,'do':'half-open'}",
    [SIM_DO_SILENT] = "{'at':1,'do':'silent','for':3}",
    [SIM_DO_DELAY] = "{'at':1,'do':'delay','for':3,'by':0.25}",
    [SIM_DO_LOSE] = "{'at':1,'do':'lose','count':3,'type':301}",
    [SIM_DO_DUPLICATE] = "{'at':1,'do':'duplicate','count':3,'type':301}",
    [SIM_DO_REORDER] = "{'at':1,'do':'reorder','count':64}",
    [SIM_DO_SPLIT] = "{'at':1,'do':'split','for':3}",
    [SIM_DO_JOIN] = "{'at':1,'do':'join','for':3}",
    [SIM_DO_TRUNCATE] = "{'at':1,'do':'truncate'}",
    [SIM_DO_GARBAGE] = "{'at':1,'do':'garbage','bytes':7}",
    [SIM_DO_WRONG_SIZE] = "{'at':1,'do':'wrong-size'}",
    [SIM_DO_OVERSIZED] = "{'at':1,'do':'oversized'}",
    [SIM_DO_WRONG_ENCODING] = "{'at':1,'do':'wrong-encoding'}",
    [SIM_DO_LOGOFF] = "{'at':1,'do':'logoff','reason':'why','final':true}",
    [SIM_DO_SIERRA] = "{'at':1,'do':'sierra','on':true}",
    [SIM_DO_REFUSE_FILL_HISTORY] = "{'at':1,'do':'refuse-fill-history','on':true}",
    [SIM_DO_REFUSE_PRICE_HISTORY] = "{'at':1,'do':'refuse-price-history','on':true}",
};

START_TEST(each_action_is_read_with_all_its_members)
{
    struct sim_scenario s = {0};
    struct error error = {0};
    for (int i = 0; i < SIM_ACTIONS; i++) {
        ck_assert_msg(add(&s, right[i], 1, &error), "%s", error.text);
        ck_assert_uint_eq(s.count, (size_t)i + 1);
        ck_assert_int_eq(s.entries[i].action, i);
        ck_assert_int_eq(s.entries[i].at, CLOCK_SECOND);
    }
    const struct sim_scenario_entry *e = s.entries;
    ck_assert_int_eq(e[SIM_DO_PRICE].product, SIM_MES);
    ck_assert_double_eq(e[SIM_DO_PRICE].price, 5000.25);
    ck_assert_int_eq(e[SIM_DO_TRADE].product, SIM_MNQ);
    ck_assert_double_eq(e[SIM_DO_TRADE].volume, 3);
    ck_assert_int_eq(e[SIM_DO_FREEZE].duration, 2500 * CLOCK_MS);
    ck_assert_str_eq(e[SIM_DO_ORDER].account, "Sim1");
    ck_assert_str_eq(e[SIM_DO_ORDER].symbol, "NONE");
    ck_assert_int_eq(e[SIM_DO_ORDER].side, DTC_SELL);
    ck_assert_int_eq(e[SIM_DO_ORDER].type, DTC_ORDER_TYPE_STOP_LIMIT);
    ck_assert_double_eq(e[SIM_DO_ORDER].quantity, 2);
    ck_assert_double_eq(e[SIM_DO_ORDER].price2, 4999);
    ck_assert_int_eq(e[SIM_DO_BRACKET].side, DTC_BUY);
    ck_assert_int_eq(e[SIM_DO_BRACKET].type, DTC_ORDER_TYPE_MARKET_IF_TOUCHED);
    ck_assert_double_eq(e[SIM_DO_BRACKET].stop, 4);
    ck_assert_double_eq(e[SIM_DO_BRACKET].target, 8);
    ck_assert_str_eq(e[SIM_DO_CANCEL].id, "a");
    ck_assert_int_eq(e[SIM_DO_DELAY].by, 250 * CLOCK_MS);
    ck_assert_int_eq(e[SIM_DO_LOSE].count, 3);
    ck_assert_int_eq(e[SIM_DO_LOSE].message_type, 301);
    ck_assert_int_eq(e[SIM_DO_REORDER].count, 64);
    ck_assert_int_eq(e[SIM_DO_TRUNCATE].count, 1);
    ck_assert_int_eq(e[SIM_DO_GARBAGE].bytes, 7);
    ck_assert_str_eq(e[SIM_DO_LOGOFF].reason, "why");
    ck_assert(e[SIM_DO_LOGOFF].is_final);
    ck_assert(e[SIM_DO_SIERRA].is_on);
    sim_scenario_free(&s);
}
END_TEST

START_TEST(what_is_left_out_is_unset)
{
    struct sim_scenario s = {0};
    ck_assert(add(&s, "{'at':0,'do':'replace','id':'a'}", 1, NULL));
    ck_assert(add(&s, "{'at':0,'do':'lose','count':1}", 2, NULL));
    ck_assert(isnan(s.entries[0].price) && isnan(s.entries[0].price2));
    ck_assert_double_eq(s.entries[0].quantity, 0);
    ck_assert_int_eq(s.entries[1].message_type, 0);
    sim_scenario_free(&s);
}
END_TEST

START_TEST(entries_are_in_order_of_time_and_else_of_lines)
{
    static const char *const lines[] = {
        "{'at':5,'do':'cancel','id':'d'}",
        "",
        "  \t",
        "# a comment {",
        "  # another",
        "{'at':0.5,'do':'cancel','id':'b'}",
        "{'at':5,'do':'cancel','id':'e'}",
        "{'at':0,'do':'cancel','id':'a'}",
        "{'at':0.5,'do':'cancel','id':'c'}",
        "  {'do':'cancel','id':'f','at':1e3}\n",
    };
    struct sim_scenario s = {0};
    struct error error = {0};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        ck_assert_msg(add(&s, lines[i], (int)i + 1, &error), "%s", error.text);
    ck_assert_uint_eq(s.count, 6);
    for (size_t i = 0; i < 6; i++)
        ck_assert_int_eq(s.entries[i].id[0], "abcdef"[i]);
    sim_scenario_free(&s);
}
END_TEST

static const struct {
    const char *line, *says;
} wrong[] = {
    {"drop", "line 7: a JSON object is expected"},
    {"[1]", "line 7: a JSON object is expected"},
    {"{'at':1,'do':'drop'} more", "line 7: a JSON object is expected"},
    {"{'at':1,'at':2,'do':'drop'}", "line 7: a JSON object is expected: duplicate object key"},
    {"{'at':1}", "line 7: \"do\" must be the name of an action"},
    {"{'at':1,'do':3}", "line 7: \"do\" must be the name of an action"},
    {"{'at':1,'do':'\\u001bdrop'}", "line 7: there is no action \"?drop\""},
    {"{'do':'drop'}", "line 7: \"drop\" lacks \"at\""},
    {"{'at':-1,'do':'drop'}", "line 7: \"at\" must be a number from 0 to 1e+09"},
    {"{'at':'1','do':'drop'}", "line 7: \"at\" must be a number from 0 to 1e+09"},
    {"{'at':1,'do':'drop','for':1}", "line 7: \"for\" is no member of \"drop\""},
    {"{'at':1,'do':'stall'}", "line 7: \"stall\" lacks \"for\""},
    {"{'at':1,'do':'stall','for':true}", "line 7: \"for\" must be a number from 0 to"},
    {"{'at':1,'do':'lose','count':1.5}", "line 7: \"count\" must be a whole number from 1 to"},
    {"{'at':1,'do':'lose','count':1,'type':'limit'}",
     "line 7: \"type\" must be a whole number from 1 to 65535"},
    {"{'at':1,'do':'reorder','count':65}", "line 7: \"count\" must be a whole number from 2 to 64"},
    {"{'at':1,'do':'garbage','bytes':5000}",
     "line 7: \"bytes\" must be a whole number from 1 to 4096"},
    {"{'at':1,'do':'price','symbol':'ESZ99','price':1}",
     "line 7: \"symbol\" must be a symbol that the simulation trades"},
    {"{'at':1,'do':'sierra','on':1}", "line 7: \"on\" must be true or false"},
    {"{'at':1,'do':'cancel','id':'12345678901234567890123456789012'}",
     "line 7: \"id\" must be a text of at most 31 bytes"},
    {"{'at':1,'do':'cancel','id':null}", "line 7: \"id\" must be a text of at most 31 bytes"},
    {"{'at':1,'do':'order','account':'Sim1','symbol':'X','side':'long','type':'market',"
     "'quantity':1,'id':'a'}",
     "line 7: \"side\" must be one of \"buy\", \"sell\""},
    {"{'at':1,'do':'order','account':'Sim1','symbol':'X','side':'buy','type':'oco',"
     "'quantity':1,'id':'a'}",
     "line 7: \"type\" must be one of \"market\", \"limit\", \"stop\", \"stop-limit\", "
     "\"market-if-touched\""},
    {"{'at':1,'do':'order','account':'Sim1','symbol':'X','side':'buy','type':'market','id':'a'}",
     "line 7: \"order\" lacks \"quantity\""},
};

START_TEST(a_wrong_line_is_named_with_the_member_that_is_wrong)
{
    struct sim_scenario s = {0};
    struct error error = {0};
    ck_assert(!add(&s, wrong[_i].line, 7, &error));
    ck_assert_int_eq(error.code, ERROR_USAGE);
    ck_assert_msg(strncmp(error.text, wrong[_i].says, strlen(wrong[_i].says)) == 0, "it says: %s",
                  error.text);
    ck_assert_uint_eq(s.count, 0);
    sim_scenario_free(&s);
}
END_TEST

START_TEST(a_file_is_read_whole_and_named_in_errors)
{
    struct sim_scenario s = {0};
    struct error error = {0};
    char directory[256], path[300];
    test_directory_make(directory, sizeof directory);
    text_format(path, sizeof path, "%s/scenario", directory);
    test_file_write(
        path, "# a scenario\n\n{\"at\":2,\"do\":\"drop\"}\r\n{\"at\":1,\"do\":\"drop\"}", 0644);
    ck_assert_msg(sim_scenario_load(&s, path, &error), "%s", error.text);
    ck_assert_uint_eq(s.count, 2);
    ck_assert_int_eq(s.entries[0].at, CLOCK_SECOND);
    test_file_write(path, "\n\n{\"at\":2}\n", 0644);
    ck_assert(!sim_scenario_load(&s, path, &error));
    ck_assert_ptr_nonnull(strstr(error.text, path));
    ck_assert_ptr_nonnull(strstr(error.text, ": line 3: \"do\""));
    sim_scenario_free(&s);
    test_directory_remove(directory);
}
END_TEST

/* From `from` to the next `to`, cut out of the text; the text goes on behind it. */
static char *cut_out(char **text, const char *from, const char *to)
{
    char *start = strstr(*text, from);
    ck_assert_ptr_nonnull(start);
    start += strlen(from);
    char *end = strstr(start, to);
    ck_assert_ptr_nonnull(end);
    *end = '\0';
    *text = end + 1;
    return start;
}

START_TEST(the_manual_names_each_action_and_its_example_is_right)
{
    struct sim_scenario s = {0};
    struct error error = {0};
    char *page = test_file_read(SOURCE_DIR "/man/sortie-sim.1"), *rest = page;
    char *actions = cut_out(&rest, "\n.Sh SCENARIO", "\n.Ss Example");
    char *example = cut_out(&rest, "\n.Bd", "\n.Ed");
    for (int i = 0; i < SIM_ACTIONS; i++) {
        char name[40] = "";
        ck_assert_int_eq(sscanf(right[i], "{'at':1,'do':'%39[a-z-]'", name), 1);
        const char *at = strstr(actions, name);
        while (at != NULL && (at[-1] != ' ' || strchr("\n ", at[strlen(name)]) == NULL))
            at = strstr(at + 1, name);
        ck_assert_msg(at != NULL, "the manual does not name %s", name);
    }
    int number = 0;
    for (char *line = strtok(strchr(example, '\n'), "\n"); line != NULL; line = strtok(NULL, "\n"))
        ck_assert_msg(sim_scenario_add(&s, line, ++number, &error), "%s", error.text);
    ck_assert_uint_gt(s.count, 5);
    sim_scenario_free(&s);
    free(page);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("sim scenario file");
    TCase *t = tcase_create("lines");
    tcase_add_test(t, each_action_is_read_with_all_its_members);
    tcase_add_test(t, what_is_left_out_is_unset);
    tcase_add_test(t, entries_are_in_order_of_time_and_else_of_lines);
    tcase_add_loop_test(t, a_wrong_line_is_named_with_the_member_that_is_wrong, 0,
                        (int)(sizeof wrong / sizeof *wrong));
    tcase_add_test(t, a_file_is_read_whole_and_named_in_errors);
    tcase_add_test(t, the_manual_names_each_action_and_its_example_is_right);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
