#include "sensor/commands/shapes_table.h"

/* "99.5 %", or "-" of nothing. */
static const char *share(uint64_t part, uint64_t whole, char text[16])
{
    if (whole == 0) {
        return "-";
    }
    (void)snprintf(text, 16, "%.1f %%", 100.0 * (double)part / (double)whole);
    return text;
}

static uint64_t decided(const uint64_t results[NUM_CHECK_RESULTS])
{
    return results[CHECK_RIGHT] + results[CHECK_WRONG];
}

static uint64_t all(const uint64_t results[NUM_CHECK_RESULTS])
{
    return decided(results) + results[CHECK_UNDECIDED];
}

static void print_results(FILE *out, const char *title, const uint64_t results[NUM_CHECK_RESULTS])
{
    char undecided[16];
    char right[16];

    (void)fprintf(out,
                  "  %-24s %llu of %llu decided, undecided %s; of decided right %s (%llu wrong)\n",
                  title, (unsigned long long)decided(results), (unsigned long long)all(results),
                  share(results[CHECK_UNDECIDED], all(results), undecided),
                  share(results[CHECK_RIGHT], decided(results), right),
                  (unsigned long long)results[CHECK_WRONG]);
}

/* ---- confusion ---- */

static uint64_t of_truth(const struct check_counts *counts, enum check_truth truth)
{
    uint64_t sum = 0;

    for (unsigned verdict = 0; verdict < NUM_INFERENCES; verdict++) {
        sum += counts->verdicts[verdict][truth];
    }
    return sum;
}

static uint64_t of_verdict(const struct check_counts *counts, unsigned verdict)
{
    uint64_t sum = 0;

    for (unsigned truth = 0; truth < NUM_CHECK_TRUTHS; truth++) {
        sum += counts->verdicts[verdict][truth];
    }
    return sum;
}

static void print_confusion(FILE *out, const struct check_counts *counts)
{
    (void)fprintf(out, "  %-22s", "verdict \\ truth");
    for (unsigned truth = 0; truth < NUM_CHECK_TRUTHS; truth++) {
        if (of_truth(counts, truth) > 0) {
            (void)fprintf(out, " %11s", check_truth_word(truth));
        }
    }
    (void)fputc('\n', out);
    for (unsigned verdict = 0; verdict < NUM_INFERENCES; verdict++) {
        if (of_verdict(counts, verdict) == 0) {
            continue;
        }
        (void)fprintf(out, "  %-22s", inference_word(verdict));
        for (unsigned truth = 0; truth < NUM_CHECK_TRUTHS; truth++) {
            if (of_truth(counts, truth) > 0) {
                (void)fprintf(out, " %11llu", (unsigned long long)counts->verdicts[verdict][truth]);
            }
        }
        (void)fputc('\n', out);
    }
}

/* ---- calibration ---- */

static void print_bands(FILE *out, const struct check_counts *counts)
{
    if (decided(counts->results) == 0) {
        return;
    }
    (void)fprintf(out, "  %-22s %11s %11s %11s %11s\n", "confidence", "decided", "right", "share",
                  "promised");
    for (unsigned band = 0; band < NUM_BANDS; band++) {
        const uint64_t *results = counts->bands[band];
        uint64_t num = decided(results);
        char range[24];
        char right[16];

        if (num == 0) {
            continue;
        }
        (void)snprintf(range, sizeof(range), "%.2f to %.2f", band_floors[band],
                       band == 0 ? 1.0 : band_floors[band - 1]);
        (void)fprintf(out, "  %-22s %11llu %11llu %11s %9.1f %%\n", range, (unsigned long long)num,
                      (unsigned long long)results[CHECK_RIGHT],
                      share(results[CHECK_RIGHT], num, right),
                      100 * counts->confidences[band] / (double)num);
    }
}

/* ---- groups ---- */

static void print_counts(FILE *out, const struct check_counts *counts)
{
    print_results(out, "verdicts", counts->results);
    if (all(counts->credentials) > 0) {
        print_results(out, "passwords and tokens", counts->credentials);
    }
    if (decided(counts->outcomes) > 0) {
        print_results(out, "outcomes", counts->outcomes);
        print_results(out, "outcomes, sure of", counts->sure_outcomes);
    }
    if (all(counts->tokens) > 0) {
        print_results(out, "token or none", counts->tokens);
    }
    (void)fprintf(out, "  %-24s %llu\n", "surely wrong",
                  (unsigned long long)counts->sure[CHECK_WRONG]);
    (void)fprintf(out, "  %-24s %llu\n", "tokens as passwords",
                  (unsigned long long)counts->tokens_as_passwords);
    print_confusion(out, counts);
    print_bands(out, counts);
}

static void print_group(FILE *out, const struct shapes_total *total, enum check_group group)
{
    const struct check_counts *counts = &total->checks.groups[group];

    if (all(counts->results) == 0 && total->opened[group] == 0) {
        return;
    }
    (void)fprintf(out, "\n%s: %llu sessions opened, %llu judged\n", check_group_word(group),
                  (unsigned long long)total->opened[group],
                  (unsigned long long)all(counts->results));
    if (all(counts->results) > 0) {
        print_counts(out, counts);
    }
}

static void print_mail(FILE *out, const struct shapes_total *total)
{
    struct check_counts mail = {0};

    for (enum check_group group = 0; group < CHECK_HTTP; group++) {
        check_counts_add(&mail, &total->checks.groups[group]);
    }
    if (all(mail.results) > 0) {
        (void)fprintf(out, "\nmail together\n");
        print_counts(out, &mail);
    }
}

void shapes_table_print(FILE *out, const struct shapes_total *total)
{
    (void)fprintf(out, "%llu capture%s", (unsigned long long)total->captures,
                  total->captures == 1 ? "" : "s");
    if (total->damaged > 0) {
        (void)fprintf(out, ", %llu of them damaged", (unsigned long long)total->damaged);
    }
    if (total->inferred > 0) {
        (void)fprintf(out, "; no key opened %llu more that were judged",
                      (unsigned long long)total->inferred);
    }
    (void)fputc('\n', out);
    for (enum check_group group = 0; group < NUM_CHECK_GROUPS; group++) {
        print_group(out, total, group);
    }
    print_mail(out, total);
}

static const char *truth_of(const struct inference *inference)
{
    enum check_truth truth = check_truth_of(inference);

    return truth == TRUTH_NONE || truth == TRUTH_SEVERAL ? check_truth_word(truth)
                                                         : mechanism_word(inference->truth);
}

void shapes_session_print(FILE *out, const char *file, const struct event *event)
{
    const struct inference *inference = event->inference;

    (void)fprintf(out, "%s: frame %llu: %s %s %.2f, held %s: %s; outcome %s %.2f, was %s\n    %s\n",
                  file, (unsigned long long)event->at.frame, service_word(event->service),
                  inference_word(inference->verdict), inference->confidence, truth_of(inference),
                  check_result_word(check_verdict(inference)), outcome_word(event->auth.outcome),
                  inference->outcome_confidence, outcome_word(inference->truth_outcome),
                  inference->evidence);
}
