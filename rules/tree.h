/*
 * tree: a YAML file as a tree of nodes that know their place. The only file that knows libyaml.
 *
 * Files are bounded: 1 MiB, 100,000 nodes, depth 32. Anchors, aliases, tags, merge keys and double
 * keys are refused. Nodes live as long as their tree.
 */
#ifndef BASICTAP_RULES_TREE_H
#define BASICTAP_RULES_TREE_H

#include "dissectors/base/bytes.h"
#include "dissectors/base/diag.h"

enum { MAX_TREE_DEPTH = 32 };

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
    enum node_kind kind;
    bool quoted;       /* scalars: not plain, so never null, a number or a boolean */
    unsigned line;     /* from 1 */
    unsigned column;   /* from 1 */
    const char *key;   /* of an entry of a map; NULL elsewhere */
    unsigned key_line; /* of that key */
    unsigned key_column;
    const char *text;         /* scalars: NUL-terminated, no NUL inside */
    const struct node *child; /* lists and maps: the first of them */
    const struct node *next;  /* in the same list or map */
};

struct tree;

/* NULL and words with file, line and column when the text is no YAML of ours. name is what words
 * call the file. */
struct tree *tree_parse(const char *name, struct bytes text, struct diag *diag);
struct tree *tree_read(const char *path, struct diag *diag);
void tree_free(struct tree *tree); /* NULL is fine */

const char *tree_name(const struct tree *tree);
size_t tree_num_documents(const struct tree *tree);
const struct node *tree_document(const struct tree *tree, size_t index);

/* The entry of a map; NULL: none, or no map. */
const struct node *node_find(const struct node *map, const char *key);
bool node_is_null(const struct node *node); /* a plain empty scalar, ~ or null */

/* Says what is wrong with a node, as "file:line:column: reason"; false, for returning. */
bool tree_fail(const struct tree *tree, const struct node *node, struct diag *diag,
               const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same for its key. */
bool tree_fail_key(const struct tree *tree, const struct node *node, struct diag *diag,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
