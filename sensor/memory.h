/*
 * memory: how the heap is laid out. Tables of flows, devices and windows are large and are looked
 * up at random: with pages of 4 KiB most looks also miss the processor's table of pages.
 */
#ifndef BASICTAP_SENSOR_MEMORY_H
#define BASICTAP_SENSOR_MEMORY_H

/* Once, before anything large is allocated: the heap grows in one piece and in large steps. */
void memory_init(void);

/* Asks for huge pages for what the heap has grown by since the last call; costs nothing if it has
 * not. A kernel that gives none is no failure. */
void memory_advise(void);

#endif
