/* exit: what the program tells the shell. */
#ifndef BASICTAP_SENSOR_COMMANDS_EXIT_H
#define BASICTAP_SENSOR_COMMANDS_EXIT_H

enum {
    EXIT_DONE = 0,
    EXIT_PARTLY = 1, /* an input was damaged or a record could not be delivered; the rest counts */
    EXIT_USAGE = 2,  /* wrong use, wrong configuration, or nothing could be opened */
    EXIT_BY_SIGNAL = 128, /* and the signal's number: replay ended early */
};

#endif
