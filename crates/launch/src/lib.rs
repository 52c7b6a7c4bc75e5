//! Engines as processes and containers: their command lines, their readiness, their logs and their
//! end.
