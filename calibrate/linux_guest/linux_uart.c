/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux_uart.c - ports: a serial port (8250 without FIFO and interrupts), and nothing else
 *
 * Enough for Linux's 8250 driver to find it (scratch and divisor registers, loopback of the modem
 * lines) and for its console, which polls. What is sent is cut into lines.
 */
#include <string.h>

#include "linux_priv.h"

#define COM1     0x3f8u
#define I8042    0x64u
#define LCR_DLAB 0x80u
#define LSR_IDLE 0x60u /* transmitter and its holding register are empty */
#define MCR_LOOP 0x10u
#define IIR_NONE 0x01u

static void send(struct linux_vcpu *v, char c)
{
    struct linux_uart *u = &v->vm->uart;

    if (c == '\r')
        return;
    if (c != '\n' && u->length + 1 < sizeof(u->line)) {
        u->line[u->length++] = c;
        return;
    }
    u->line[u->length] = '\0';
    u->length = 0;
    linux_line(v, u->line);
}

static void uart_write(struct linux_vcpu *v, unsigned reg, uint8_t value)
{
    struct linux_uart *u = &v->vm->uart;
    bool divisor = u->lcr & LCR_DLAB;

    switch (reg) {
    case 0:
        if (divisor)
            u->dll = value;
        else if (!(u->mcr & MCR_LOOP))
            send(v, (char)value);
        break;
    case 1:
        *(divisor ? &u->dlm : &u->ier) = divisor ? value : value & 0xf;
        break;
    case 3:
        u->lcr = value;
        break;
    case 4:
        u->mcr = value;
        break;
    case 7:
        u->scr = value;
        break;
    default:
        break;
    }
}

/* Lines of the modem: connected, or what the loopback gives of MCR's outputs. */
static uint8_t modem_lines(uint8_t mcr)
{
    if (!(mcr & MCR_LOOP))
        return 0xb0; /* DCD, DSR, CTS */
    return (uint8_t)((mcr & 1) << 5 | (mcr & 2) << 3 | (mcr & 4) << 4 | (mcr & 8) << 4);
}

static uint8_t uart_read(const struct linux_uart *u, unsigned reg)
{
    bool divisor = u->lcr & LCR_DLAB;

    switch (reg) {
    case 0:
        return divisor ? u->dll : 0;
    case 1:
        return divisor ? u->dlm : u->ier;
    case 2:
        return IIR_NONE;
    case 3:
        return u->lcr;
    case 4:
        return u->mcr;
    case 5:
        return LSR_IDLE;
    case 6:
        return modem_lines(u->mcr);
    default:
        return u->scr;
    }
}

void linux_io(struct linux_vcpu *v, uint16_t port, bool out, uint8_t *data, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        if (port < COM1 || port >= COM1 + 8) {
            if (!out) /* no keyboard controller, no PCI; elsewhere zero does less harm */
                data[i] = port == I8042 || (port >= 0xcf8 && port < 0xd00) ? 0xff : 0;
        } else if (out) {
            uart_write(v, port - COM1, data[i]);
        } else {
            data[i] = uart_read(&v->vm->uart, port - COM1);
        }
    }
}
