//! What engines and accelerators say of themselves, read into one model and sampled on a schedule.
