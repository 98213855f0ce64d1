#include "sensor/shapes.h"

#include <string.h>

#include "sensor/shapes_http.h"
#include "sensor/shapes_mail.h"

static bool read_part(const struct tree *tree, const struct node *part, struct shape_model *model,
                      struct diag *diag)
{
    if (strcmp(part->key, "mail") == 0) {
        return shapes_mail_read(tree, part, &model->mail, diag);
    }
    if (strcmp(part->key, "http") == 0) {
        return shapes_http_read(tree, part, &model->http, diag);
    }
    return tree_fail_key(tree, part, diag, "unknown key '%.60s'", part->key);
}

bool shapes_read(const struct tree *tree, struct shape_model *model, struct diag *diag)
{
    const struct node *root;

    memset(model, 0, sizeof(*model));
    if (tree_num_documents(tree) != 1) {
        diag_set(diag, "%s: one document is wanted", tree_name(tree));
        return false;
    }
    root = tree_document(tree, 0);
    if (root->kind != NODE_MAP) {
        return tree_fail(tree, root, diag, "a map with 'mail' and 'http' is wanted");
    }
    for (const struct node *part = root->child; part != NULL; part = part->next) {
        if (!read_part(tree, part, model, diag)) {
            return false;
        }
    }
    if (node_find(root, "mail") == NULL || node_find(root, "http") == NULL) {
        return tree_fail(tree, root, diag, "'mail' or 'http' is missing");
    }
    return true;
}
