/* What a server may send that it should not: nothing of it reaches screen, log or database as it
 * is, and nothing of it ends the console. */
#include "engine_bench.h"

#include <ctype.h>

/* Escape sequences of two kinds, a bell, a line end, a character that turns the writing direction,
 * one that takes no room. */
#define HOSTILE "x\\u001b]0;t\\u0007\\u009b31m\\n\\u202e\\u200b\\u007fy"

/* Of two bytes only C1 needs looking for; U+200B to U+206F and U+FEFF take three. */
static bool is_clean(const char *text, size_t size)
{
    size_t length = strnlen(text, size);
    char again[1024];
    ck_assert_uint_lt(length, sizeof again);
    for (size_t i = 0; i < length; i++)
        if (iscntrl((unsigned char)text[i]) ||
            ((unsigned char)text[i] == 0xC2 && (unsigned char)text[i + 1] < 0xA0))
            return false;
    text_clean(again, sizeof again, text, length);
    return length < size && strcmp(again, text) == 0;
}

#define CLEAN(field) ck_assert_msg(is_clean(field, sizeof(field)), #field " holds \"%s\"", field)

static void check_balance(const struct balance *c)
{
    CLEAN(c->key.account);
    CLEAN(c->currency);
    CLEAN(c->why);
}

static void check_texts(void)
{
    const struct snapshot *s = look();
    CLEAN(s->connection.server);
    CLEAN(s->connection.sentence);
    CLEAN(s->view.account);
    for (uint32_t i = 0; i < s->view_history_count; i++)
        CLEAN(s->view_history[i].key.account);
    for (uint32_t i = 0; i < s->account_count; i++) {
        CLEAN(s->accounts[i].key.account);
        check_balance(&s->accounts[i].reported);
        check_balance(&s->accounts[i].ledger);
    }
    for (uint32_t i = 0; i < s->symbol_count; i++) {
        CLEAN(s->instruments[i].symbol);
        CLEAN(s->instruments[i].root);
        CLEAN(s->instruments[i].description);
        CLEAN(s->instruments[i].currency);
        CLEAN(s->markets[i].symbol);
    }
    for (uint32_t i = 0; i < s->position_count; i++) {
        CLEAN(s->positions[i].key.account);
        CLEAN(s->positions[i].symbol);
    }
    for (uint32_t i = 0; i < s->order_count; i++) {
        CLEAN(s->orders[i].key.account);
        CLEAN(s->orders[i].symbol);
        CLEAN(s->orders[i].server_id);
        CLEAN(s->orders[i].client_id);
        CLEAN(s->orders[i].parent_id);
        CLEAN(s->orders[i].text);
    }
    for (uint64_t n = 0; n < SNAPSHOT_MESSAGES && n < s->message_total; n++)
        CLEAN(s->messages[n].text);
}

static void check_log(void)
{
    char *text = test_file_read(b.log_path), *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        ck_assert_msg(is_clean(line, strlen(line) + 1), "the log holds \"%s\"", line);
    free(text);
}

START_TEST(no_text_of_the_server_gets_in_uncleaned)
{
    static const char *const messages[] = {
        "{'Type':401,'TradeAccount':'" HOSTILE "'}",
        "{'Type':600,'TradeAccount':'" HOSTILE "','CashBalance':1,'AccountCurrency':'" HOSTILE
        "','InfoText':'" HOSTILE "'}",
        "{'Type':301,'TradeAccount':'" HOSTILE "','Symbol':'" HOSTILE "','Exchange':'" HOSTILE
        "','ServerOrderID':'" HOSTILE "','PreviousServerOrderID':'p" HOSTILE
        "','ClientOrderID':'" HOSTILE "','ParentServerOrderID':'" HOSTILE "','InfoText':'" HOSTILE
        "','OrderStatus':7,'OrderUpdateReason':4,'OrderType':1,'BuySell':1,'FilledQuantity':1,"
        "'LastFillQuantity':1,'LastFillPrice':5,'LastFillExecutionID':'" HOSTILE "'}",
        "{'Type':301,'TradeAccount':'Sim1','Symbol':'" MES "','ServerOrderID':'r" HOSTILE
        "','OrderStatus':9,'OrderUpdateReason':8,'InfoText':'" HOSTILE "'}",
        "{'Type':306,'TradeAccount':'p" HOSTILE "','Symbol':'p" HOSTILE
        "','Quantity':1,'AveragePrice':5}",
        "{'Type':103,'SymbolID':1,'RejectText':'" HOSTILE "'}",
        "{'Type':700,'UserMessage':'" HOSTILE "','IsPopupMessage':1}",
        "{'Type':701,'MessageText':'" HOSTILE "'}",
        "{'Type':702,'MessageText':'" HOSTILE "'}",
        "{'Type':507,'Symbol':'" MES "','Description':'" HOSTILE "','Currency':'" HOSTILE
        "','MinPriceIncrement':0.25}",
        "{'Type':3,'NumDroppedMessages':4294967295}",
    };
    text_copy(b.config.symbols, sizeof b.config.symbols, MES);
    peer_answer(b.peer, 1, NULL, NULL,
                "[{'Type':2,'Result':1,'ServerName':'" HOSTILE "','ResultText':'" HOSTILE
                "','SecurityDefinitionsSupported':1,'MarketDataSupported':1}]");
    peer_answer(b.peer, 506, NULL, NULL, "[{'Type':509,'RejectText':'" HOSTILE "'}]");
    peer_answer(b.peer, 300, NULL, NULL, "[{'Type':302,'RejectText':'" HOSTILE "'}]");
    peer_answer(b.peer, 305, NULL, NULL, "[{'Type':307,'RejectText':'" HOSTILE "'}]");
    peer_answer(b.peer, 303, NULL, NULL, "[{'Type':308,'RejectText':'" HOSTILE "'}]");
    start();
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++)
        peer_send(b.peer, "%s", messages[i]);
    pass(3 * CLOCK_SECOND);
    ck_assert_uint_eq(look()->position_count, 2);
    ck_assert_ptr_nonnull(order_of("x?]0;t??31m????y"));
    check_texts();

    peer_answer(b.peer, 303, NULL, NULL,
                "[{'Type':304,'TradeAccount':'$TradeAccount','Symbol':'h" HOSTILE
                "','BuySell':1,'Price':5,'Quantity':1,'DateTime':1800000010,'UniqueExecutionID':"
                "'h" HOSTILE "','ServerOrderID':'h" HOSTILE "'}]");
    skip(20);
    command(COMMAND_RECONCILE, &SIM1, "", 0);
    ck_assert_uint_eq(look()->position_count, 5); /* in each of the three accounts */
    check_texts();
    peer_send(b.peer, "{'Type':5,'Reason':'" HOSTILE "','DoNotReconnect':1}");
    int64_t limit = give_up_time();
    while (is_online()) {
        turn();
        ck_assert(clock_monotonic_us() < limit);
    }
    check_texts();
    end();
    check_log();
    /* neither do the fills and orders in the database hold them */
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 4);
    ck_assert_double_eq(query("SELECT count(*) FROM (SELECT account || symbol || execution_id || "
                              "order_id AS t FROM fill UNION ALL SELECT account || symbol || "
                              "server_id || client_id || parent_id || text FROM order_event UNION "
                              "ALL SELECT account || currency || why FROM balance UNION ALL SELECT "
                              "name FROM meta) WHERE t GLOB '*[' || char(1) || '-' || char(31) || "
                              "char(127) || '-' || char(159) || char(8238) || char(8203) || ']*'"),
                        0);
}
END_TEST

/* Each message that there is, with each number of this kind and hostile text in every field. */
static const char *const NUMBERS[] = {
    "0",          "1",     "-1",      "1e308",  "-1e308",   "9223372036854775807",
    "4294967295", "'nan'", "'1e999'", "'text'", "5000.125", "123456789",
    "true",
};

START_TEST(any_message_with_anything_in_it_is_survived)
{
    text_copy(b.config.symbols, sizeof b.config.symbols, MES);
    start();
    const struct dtc_schema *schema;
    for (size_t i = 0; (schema = dtc_schema_at(i)) != NULL; i++) {
        char text[8192];
        bool ends_session = schema->type == DTC_LOGOFF;
        size_t used = text_format(text, sizeof text, "{'Type':%d", schema->type);
        for (size_t k = 0; k < schema->field_count && !ends_session; k++) {
            const struct dtc_field *f = &schema->fields[k];
            const char *value = f->kind != DTC_TEXT                    ? NUMBERS[_i]
                                : strcmp(f->name, "TradeAccount") == 0 ? "'Sim1'"
                                : strcmp(f->name, "Symbol") == 0       ? "'" MES "'"
                                                                       : "'" HOSTILE "'";
            used += text_format(text + used, sizeof text - used, ",'%s':%s", f->name, value);
        }
        if (ends_session)
            continue;
        peer_send(b.peer, "%s}", text);
    }
    settle();
    pass(5 * CLOCK_SECOND);
    ck_assert(is_online());
    check_texts();
    peer_send(b.peer, "{'Type':107,'SymbolID':1,'Price':5000.75,'Volume':1}");
    settle();
    ck_assert_double_eq(market_of(MES)->last, 5000.75 * instrument_of(MES)->display_multiplier);
    end();
    check_log();
    ck_assert_double_eq(query("SELECT sum(abs(quantity) >= 1e300 OR quantity = 0) FROM "
                              "open_position"),
                        query("SELECT 0 * max(id) FROM open_position"));
}
END_TEST

START_TEST(more_accounts_than_can_be_followed_are_told_of)
{
    start();
    for (int i = 0; i < SNAPSHOT_ACCOUNTS + 5; i++)
        peer_send(b.peer, "{'Type':401,'TradeAccount':'X%d'}", i);
    settle();
    ck_assert_uint_eq(look()->account_count, SNAPSHOT_ACCOUNTS);
    ck_assert_said("account X127 and what comes after it is ignored: no more than 128 can be");
    ck_assert_int_eq(times_said("no more than 128"), 1);
    FILL(.account = "X132", .execution = "e1", .price = 5000);
    FILL(.account = "X5", .execution = "e1", .price = 5000);
    settle();
    ck_assert_double_eq(held(&(struct account_key){MODE_DEBUG, "X5"}, MES), 1);
}
END_TEST

START_TEST(more_symbols_than_can_be_followed_are_told_of)
{
    peer_answer(b.peer, 305, NULL, NULL, "[{'Type':307}]"); /* what comes unasked has to do */
    start();
    for (int i = 0; i < SNAPSHOT_SYMBOLS + 3; i++)
        peer_send(b.peer,
                  "{'Type':306,'TradeAccount':'Sim1','Symbol':'S%d','Quantity':1,"
                  "'AveragePrice':5}",
                  i);
    settle();
    ck_assert_uint_eq(look()->symbol_count, SNAPSHOT_SYMBOLS);
    ck_assert_said("S128 and what comes after it is ignored: no more than 128 symbols can be");
    ck_assert_int_eq(times_said("no more than 128"), 1);
    pass(3 * CLOCK_SECOND);
    ck_assert_uint_eq(look()->position_count, SNAPSHOT_SYMBOLS);
    ck_assert(is_online());
}
END_TEST

START_TEST(answers_to_nothing_that_was_asked_are_ignored)
{
    static const char *const answers[] = {
        "{'Type':304,'RequestID':999,'Symbol':'" MES "','BuySell':1,'Price':5000,'Quantity':1,"
        "'DateTime':1800000001,'UniqueExecutionID':'e','TradeAccount':'Sim1'}",
        "{'Type':304,'RequestID':0,'Symbol':'" MES "','BuySell':1,'Price':5000,'Quantity':1,"
        "'DateTime':1800000001,'UniqueExecutionID':'e','TradeAccount':'Sim1'}",
        "{'Type':308,'RequestID':999}",
        "{'Type':302}",
        "{'Type':307}",
        "{'Type':509,'RequestID':999}",
        "{'Type':2,'Result':3}",
        "{'Type':103,'SymbolID':4294967295}",
        "{'Type':60000}",
        "{'Type':-1}",
    };
    start();
    FILL(.execution = "e1", .price = 5000);
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        peer_send(b.peer, "%s", answers[i]);
    pass(5 * CLOCK_SECOND);
    ck_assert(is_online());
    ck_assert_double_eq(held(&SIM1, MES), 1);
}
END_TEST

static Suite *suite(void)
{
    const TTest *const tests[] = {
        no_text_of_the_server_gets_in_uncleaned,
        more_accounts_than_can_be_followed_are_told_of,
        more_symbols_than_can_be_followed_are_told_of,
        answers_to_nothing_that_was_asked_are_ignored,
    };
    Suite *s = suite_create("engine: hostile servers");
    CASE_ADD(s, "hostile", tests);
    TCase *each = tcase_create("anything");
    tcase_add_checked_fixture(each, set_up, tear_down);
    tcase_set_timeout(each, 60);
    tcase_add_loop_test(each, any_message_with_anything_in_it_is_survived, 0,
                        (int)(sizeof NUMBERS / sizeof NUMBERS[0]));
    suite_add_tcase(s, each);
    return s;
}

TEST_MAIN(suite)
