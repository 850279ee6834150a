#include "cmd/places.h"

#include "base/text.h"
#include "cmd/command.h"

#include <assert.h>
#include <getopt.h>
#include <stdio.h>

extern char **environ;

enum { OWN = 256 };

static bool find(struct config *config, const char *file, const char *data_dir, bool demo,
                 struct paths *paths, struct error *error)
{
    char settings[512];
    config_set_defaults(config);
    paths_settings_file(settings, sizeof settings);
    if (file != NULL)
        text_copy(settings, sizeof settings, file);
    bool read = file != NULL || (!demo && settings[0] != '\0');
    if ((read && !config_load_file(config, settings, file != NULL, error)) ||
        ((file != NULL || !demo) && !config_load_environment(config, environ, error)) ||
        (data_dir != NULL && !config_set(config, "files.data_dir", data_dir, error)))
        return false;
    if (demo && config->data_dir[0] == '\0' &&
        !paths_demo_directory(config->data_dir, sizeof config->data_dir))
        return error_set(error, ERROR_USAGE,
                         "neither HOME nor XDG_DATA_HOME is set: use --data-dir");
    return paths_prepare(paths, config, error);
}

int places_read_options(int argc, char **argv, const char *help, const struct places_option *own,
                        struct paths *paths, const struct config **used, struct error *error)
{
    struct option options[PLACES_OPTIONS + 6] = {
        {"config", required_argument, NULL, 'c'}, {"data-dir", required_argument, NULL, 'd'},
        {"demo", no_argument, NULL, 'm'},         {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
    };
    static struct config config; /* some tens of KiB */
    const char *file = NULL, *data_dir = NULL;
    bool demo = false;
    for (int i = 0; own != NULL && own[i].name != NULL; i++) {
        assert(i < PLACES_OPTIONS);
        options[5 + i] = (struct option){
            own[i].name, own[i].takes_value ? required_argument : no_argument, NULL, OWN + i};
    }
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'c':
            file = optarg;
            break;
        case 'd':
            data_dir = optarg;
            break;
        case 'm':
            demo = true;
            break;
        case 'h':
            puts(help);
            return EXIT_DONE;
        case 'v':
            puts("sortie " SORTIE_VERSION);
            return EXIT_DONE;
        default:
            if (own != NULL && option >= OWN) {
                *own[option - OWN].value = optarg != NULL ? optarg : "";
                break;
            }
            fprintf(stderr, "sortie: see sortie %s --help\n", argv[0]);
            return EXIT_USAGE;
        }
    }
    if (used != NULL)
        *used = &config;
    return find(&config, file, data_dir, demo, paths, error) ? -1 : EXIT_USAGE;
}
