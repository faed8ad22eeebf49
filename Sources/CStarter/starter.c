#include "CStarter.h"

// In C23, and in clang before it by the same word.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char readme[] = {
#embed "starter/README.md" suffix(,)
};
static const unsigned char unit[] = {
#embed "starter/hello-unit.yaml" suffix(,)
};
static const unsigned char instance[] = {
#embed "starter/hello-instance.yaml" suffix(,)
};
static const unsigned char nodes[] = {
#embed "starter/nodes.yaml" suffix(,)
};
static const unsigned char hook[] = {
#embed "../../packaging/hooks/pre-commit" suffix(,)
};
static const unsigned char github[] = {
#embed "../../packaging/ci/github.yml" suffix(,)
};
static const unsigned char gitlab[] = {
#embed "../../packaging/ci/gitlab.yml" suffix(,)
};
static const unsigned char gitea[] = {
#embed "../../packaging/ci/gitea.yml" suffix(,)
};

static const struct cstarter_file files[] = {
    {"README.md", readme, sizeof readme},
    {"units/hello.yaml", unit, sizeof unit},
    {"instances/hello.yaml", instance, sizeof instance},
    {".plumb/nodes.yaml", nodes, sizeof nodes},
    {"hook", hook, sizeof hook},
    {".github/workflows/plumb.yml", github, sizeof github},
    {".gitlab-ci.yml", gitlab, sizeof gitlab},
    {".gitea/workflows/plumb.yml", gitea, sizeof gitea},
};

struct cstarter_file cstarter_file(size_t index) {
    struct cstarter_file none = {NULL, NULL, 0};
    return index < sizeof files / sizeof *files ? files[index] : none;
}
