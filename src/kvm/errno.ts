/** Errors by name; records hold -14 instead. */
export type Errno = 'EINVAL' | 'EFAULT' | 'EPERM' | 'EIO';

const NUMBER: Readonly<Record<Errno, number>> = { EPERM: 1, EIO: 5, EFAULT: 14, EINVAL: 22 };

/** What the system call returns: EFAULT is -14. */
export const errnoNumber = (errno: Errno): number => -NUMBER[errno];
