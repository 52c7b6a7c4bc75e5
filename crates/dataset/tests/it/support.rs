//! Inputs made on the spot, and the three tokenizers.

use farebox_dataset::{
    DatasetError, Estimate, FieldMap, HfCounter, Input, Profiled, ReadRequest, TokenCounter,
    TokenizerFiles, Window, all_cores, read,
};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

pub(crate) const TOKENIZERS: [&str; 3] = ["byte-level-bpe", "sentencepiece-bpe", "unigram"];

/// Llama 3's layout, on the special tokens of the byte-level fixture.
pub(crate) const TEMPLATE: &str = "{{- bos_token }}{%- for message in messages %}\
    {{- '<|start|>' + message['role'] + '\\n\\n' + message['content'] | trim + '<|eot|>' }}\
    {%- endfor %}{%- if add_generation_prompt %}{{- '<|start|>assistant\\n\\n' }}{%- endif %}";

pub(crate) fn json(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    fs::read(path.join(format!("tests/fixtures/{name}.json"))).unwrap()
}

pub(crate) fn counter(name: &str) -> HfCounter {
    let files = TokenizerFiles { name: name.into(), tokenizer: json(name), ..Default::default() };
    HfCounter::new(&files).unwrap()
}

pub(crate) fn chat_counter() -> HfCounter {
    HfCounter::new(&TokenizerFiles {
        name: "chat".into(),
        tokenizer: json("byte-level-bpe"),
        config: Some(r#"{"bos_token": "<|begin|>", "eos_token": {"content": "<|end|>"}}"#.into()),
        template: Some(TEMPLATE.into()),
    })
    .unwrap()
}

/// A folder with one file in it.
pub(crate) struct Dataset {
    folder: TempDir,
    pub(crate) inputs: Vec<Input>,
    pub(crate) map: Option<FieldMap>,
    pub(crate) window: Option<Window>,
}

impl Dataset {
    pub(crate) fn new(content: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        fs::write(&path, content).unwrap();
        Self { folder, inputs: vec![Input::File(path)], map: None, window: None }
    }

    pub(crate) fn add(mut self, content: &str) -> Self {
        let path = self.folder.path().join(format!("data{}", self.inputs.len()));
        fs::write(&path, content).unwrap();
        self.inputs.push(Input::File(path));
        self
    }

    pub(crate) fn map(mut self, map: &str) -> Self {
        self.map = Some(map.parse().unwrap());
        self
    }

    pub(crate) fn window(mut self, window: &str) -> Self {
        self.window = Some(window.parse().unwrap());
        self
    }

    pub(crate) fn read(&self) -> Result<Profiled, DatasetError> {
        self.read_by(&Estimate)
    }

    pub(crate) fn read_by(&self, counter: &dyn TokenCounter) -> Result<Profiled, DatasetError> {
        let request = ReadRequest {
            inputs: &self.inputs,
            field_map: self.map.as_ref(),
            window: self.window,
            counter,
            threads: all_cores(),
        };
        read(&request, &mut |_| {})
    }

    /// Input and output lengths in order.
    pub(crate) fn lengths(&self) -> Vec<(u32, u32)> {
        lengths(&self.read().unwrap())
    }

    /// The error, in words, without the folder's own name.
    pub(crate) fn error(&self) -> String {
        let error = self.read().unwrap_err().to_string();
        error.replace(&format!("{}/", self.folder.path().display()), "")
    }
}

pub(crate) fn lengths(profiled: &Profiled) -> Vec<(u32, u32)> {
    profiled.traffic.requests.iter().map(|request| (request.isl, request.osl)).collect()
}
