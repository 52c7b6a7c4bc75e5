//! Readers, tokenizers, chat templates, prompts and the traffic profiler.
