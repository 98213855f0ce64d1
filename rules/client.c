#include "rules/client.h"

#include <stdlib.h>
#include <string.h>

#include "dissectors/base/hmap.h"
#include "rules/selection.h"

enum { MAX_CLIENTS = 1024, MAX_REMEMBERED = 8192, MAX_NAME = 95, MAX_KEY = 512 };

static const struct field fields[] = {
    FIELD_POINTER(struct client_words, software, "software", "User-Agent or IMAP ID"),
    FIELD_POINTER(struct client_words, hello, "hello", "EHLO name"),
    FIELD_POINTER(struct client_words, device_type, "device_type", "EAS DeviceType"),
};
static const struct schema schema = {"client", fields, sizeof(fields) / sizeof(fields[0])};

struct client {
    const char *name;
    struct selection *selection;
    bool concerns_hello; /* can match one that said nothing but hello */
};

/* Words, one after another, as answers are remembered by them; what does not fit is not. */
struct question {
    char key[MAX_KEY];
    size_t len;
    const char *answer;
};

struct clients {
    struct tree *tree; /* names point into it */
    struct client entries[MAX_CLIENTS];
    size_t num_entries;
    struct hmap *answers; /* words -> const char * */
    struct question last; /* one event asks for the same words several times */
};

/* One that reads other words finds them absent, always with the same result. */
static bool concerns_hello(const struct selection *selection)
{
    static const char *const name = "hello";
    const struct client_words nothing = {"", "", ""};
    uint64_t limits = 0;

    return selection_reads(selection, &name, 1) || selection_matches(selection, &nothing, &limits);
}

static bool read_item(struct clients *clients, const struct node *item, struct diag *diag)
{
    const struct node *name = node_find(item, "name");
    const struct node *match = node_find(item, "match");
    struct client *client = &clients->entries[clients->num_entries];

    if (name == NULL || name->kind != NODE_SCALAR || match == NULL || item->child->next == NULL ||
        item->child->next->next != NULL) {
        return tree_fail(clients->tree, item, diag, "an entry is a name and a match");
    }
    if (strlen(name->text) > MAX_NAME || name->text[0] == '\0') {
        return tree_fail(clients->tree, name, diag, "a name has 1 to %d bytes", MAX_NAME);
    }
    if (clients->num_entries >= MAX_CLIENTS) {
        return tree_fail(clients->tree, item, diag, "more than %d clients", MAX_CLIENTS);
    }
    client->name = name->text;
    client->selection = selection_new(clients->tree, match, &schema, diag);
    if (client->selection == NULL) {
        return false;
    }
    client->concerns_hello = concerns_hello(client->selection);
    clients->num_entries++;
    return true;
}

static bool read_tree(struct clients *clients, struct diag *diag)
{
    const struct node *root;

    if (tree_num_documents(clients->tree) != 1) {
        diag_set(diag, "%s: one document is wanted", tree_name(clients->tree));
        return false;
    }
    root = tree_document(clients->tree, 0);
    if (root->kind != NODE_LIST) {
        return tree_fail(clients->tree, root, diag, "a list is wanted");
    }
    for (const struct node *item = root->child; item != NULL; item = item->next) {
        if (!read_item(clients, item, diag)) {
            return false;
        }
    }
    return true;
}

/* Takes the tree over; NULL: an empty table. */
static struct clients *adopt_tree(struct tree *tree, struct diag *diag)
{
    static const uint8_t seed[HMAP_SEED_SIZE] = "client software"; /* bounded, and a cache only */
    struct clients *clients = calloc(1, sizeof(*clients));

    if (clients == NULL) {
        tree_free(tree);
        diag_set(diag, "no memory for clients");
        return NULL;
    }
    clients->tree = tree;
    clients->answers = hmap_new(MAX_REMEMBERED, sizeof(const char *), seed);
    if (clients->answers == NULL) {
        diag_set(diag, "no memory for clients");
        clients_free(clients);
        return NULL;
    }
    if (tree != NULL && !read_tree(clients, diag)) {
        clients_free(clients);
        return NULL;
    }
    return clients;
}

struct clients *clients_load(const char *path, struct diag *diag)
{
    struct tree *tree = path != NULL ? tree_read(path, diag) : NULL;

    return tree == NULL && path != NULL ? NULL : adopt_tree(tree, diag);
}

struct clients *clients_parse(const char *name, struct bytes text, struct diag *diag)
{
    struct tree *tree = tree_parse(name, text, diag);

    return tree == NULL ? NULL : adopt_tree(tree, diag);
}

void clients_free(struct clients *clients)
{
    if (clients != NULL) {
        for (size_t i = 0; i < clients->num_entries; i++) {
            selection_free(clients->entries[i].selection);
        }
        hmap_free(clients->answers);
        tree_free(clients->tree);
        free(clients);
    }
}

/* Names of devices: there are as many as those, and few entries read them. They are not
 * remembered. */
static bool is_hello_alone(const struct client_words *words)
{
    return words->software[0] == '\0' && words->device_type[0] == '\0';
}

static const char *find_name(const struct clients *clients, const struct client_words *words,
                             uint64_t *limits)
{
    bool hello_alone = is_hello_alone(words);

    for (size_t i = 0; i < clients->num_entries; i++) {
        const struct client *client = &clients->entries[i];

        if ((!hello_alone || client->concerns_hello) &&
            selection_matches(client->selection, words, limits)) {
            return client->name;
        }
    }
    return "";
}

static bool append(struct question *question, const char *text)
{
    size_t len = strlen(text) + 1;

    if (len > MAX_KEY - question->len) {
        return false;
    }
    memcpy(question->key + question->len, text, len);
    question->len += len;
    return true;
}

static const char *remember_name(struct clients *clients, const struct question *question,
                                 const struct client_words *words, uint64_t *limits)
{
    bool added = false;
    const char **answer = hmap_put(clients->answers, question->key, question->len, &added);

    if (answer == NULL) {
        return find_name(clients, words, limits);
    }
    if (added) {
        *answer = find_name(clients, words, limits);
    }
    return *answer;
}

const char *clients_name(struct clients *clients, const struct client_words *words,
                         uint64_t *limits)
{
    struct question *last = &clients->last;
    struct question question;

    question.len = 0;
    if (!append(&question, words->software) || !append(&question, words->hello) ||
        !append(&question, words->device_type)) {
        return find_name(clients, words, limits);
    }
    if (question.len != last->len || memcmp(question.key, last->key, question.len) != 0) {
        memcpy(last->key, question.key, question.len);
        last->len = question.len;
        last->answer = is_hello_alone(words) ? find_name(clients, words, limits)
                                             : remember_name(clients, &question, words, limits);
    }
    return last->answer;
}
