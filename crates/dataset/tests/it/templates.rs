//! Templates as models ship them, rendered as `transformers` renders them.

use crate::support::chat_counter;
use farebox_dataset::ChatTemplate;
use farebox_dataset::shape::{Message, Role};

fn messages() -> Vec<Message> {
    vec![
        Message::new(Role::System, "Be brief."),
        Message::new(Role::User, " Hello \n"),
        Message::new(Role::Assistant, "Hi"),
        Message::new(Role::User, "Bye"),
    ]
}

fn render(source: &str) -> String {
    let token = |text: &str| Some(text.to_owned());
    let template = ChatTemplate::new(source, token("<s>"), token("</s>")).unwrap();
    template.prompt(&messages()).unwrap_or_else(|error| error.to_string())
}

#[test]
fn the_usual_layouts_come_out_as_their_servers_send_them() {
    // The layout of ChatML.
    let chatml = "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + \
        message['content'] + '<|im_end|>' + '\n'}}{% endfor %}\
        {% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
    assert_eq!(
        render(chatml),
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n Hello \n<|im_end|>\n\
         <|im_start|>assistant\nHi<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n\
         <|im_start|>assistant\n"
    );
    // The layout of Llama 2: Python's slices and string methods, a namespace of its own.
    let llama2 = "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}\
        {% set system = messages[0]['content'] %}{% endif %}{% for message in loop_messages %}\
        {% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}\
        {{ raise_exception('roles must alternate') }}{% endif %}\
        {% if loop.index0 == 0 and system %}{% set content = '<<SYS>>' + system + '<</SYS>>' + \
        message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}\
        {% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}\
        {% else %}{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}";
    assert_eq!(
        render(llama2),
        "<s>[INST] <<SYS>>Be brief.<</SYS>> Hello [/INST] Hi </s><s>[INST] Bye [/INST]"
    );
    // Marks for training, dates, JSON as Python writes it, and blocks that leave no blank lines.
    let newer = "{%- set ns = namespace(n=0) %}\n{% for message in messages %}\n    \
        {% set ns.n = ns.n + 1 %}\n    {% generation %}{{ message.role[0] }}{% endgeneration %}\n\
        {% endfor %}\n{{ ns.n }} {{ strftime_now('%Y-%m-%d') | length }} \
        {{ {'a': [1, true]} | tojson }} {{ tools is none }} {{ nothing is defined }}";
    assert_eq!(render(newer), "suau4 10 {\"a\": [1, true]} True False");
}

#[test]
fn a_template_may_refuse() {
    let words = render("{{ raise_exception('no system role here') }}");
    assert!(words.contains("no system role here"), "{words}");
    assert!(ChatTemplate::new("{% for %}", None, None).is_err());
}

#[test]
fn the_default_of_several_is_taken_and_the_file_before_all() {
    let config = r#"{"chat_template": [{"name": "tools", "template": "T"},
        {"name": "default", "template": "D"}]}"#;
    let source = |config, file| {
        ChatTemplate::of(config, file).unwrap().map(|template| template.source().to_owned())
    };
    assert_eq!(source(Some(config), None).as_deref(), Some("D"));
    assert_eq!(source(Some(config), Some("F")).as_deref(), Some("F"));
    assert_eq!(source(Some("{}"), None), None);
    assert!(ChatTemplate::of(Some("not json"), None).is_err());
}

#[test]
fn bos_is_counted_once_even_where_the_template_writes_it() {
    let counter = chat_counter();
    let prompt = counter.template().unwrap().prompt(&messages()).unwrap();
    assert!(prompt.starts_with("<|begin|><|start|>system\n\nBe brief.<|eot|>"), "{prompt}");
    let tokens = counter.tokenizer().encode(prompt, false).unwrap();
    let begin = counter.tokenizer().token_to_id("<|begin|>").unwrap();
    assert_eq!(tokens.get_ids().iter().filter(|id| **id == begin).count(), 1);
}
