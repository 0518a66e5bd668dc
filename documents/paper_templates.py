"""The Word templates in templates/papers/, made once by `python -m documents.paper_templates`.

The .docx files are what is printed from: an office may open them in Word and change words and styles, as long as the
{{ }} and {% %} marks stay. Running this module again puts the original ones back.
"""

from collections.abc import Callable, Mapping

from docx.document import Document

from documents.paper_circulars import midyear, result
from documents.paper_style import (
    BODY,
    BODY_KEPT,
    CELL_HEAD,
    CELL_LEFT,
    FLUSH,
    FORM,
    FORM_HEAD,
    HEADING,
    NOTE,
    NUMBER_RIGHT,
    SUBTITLE,
    TITLE,
    new_paper,
    write,
)
from documents.paper_table import Cell, Row, looped, table
from documents.papers import FOLDER, packed

LETTER_WORDS = (
    (HEADING, "二、责任内容"),
    (BODY, "（一）将目标任务分解到岗位和时间节点，由分管领导负责，联络员承办；人员变动的，及时报甲方更新。"),
    (
        BODY,
        "（二）承担牵头任务的，汇总并协调各责任（配合）单位完成；"
        "承担责任（配合）任务的，按分工完成本单位目标，并向牵头单位提供情况。",
    ),
    (BODY, "（三）对所报数据和佐证材料的真实性负责；发现差错的，说明理由后申请更正。"),
    (BODY, "{%p if duty %}"),
    (BODY, "（四）履行以下职责：{{ duty|clause }}。"),
    (BODY, "{%p endif %}"),
    (HEADING, "三、填报要求"),
    (
        BODY,
        "（一）按月填报的，于次月前{{ monthly_due_workdays }}个工作日内报送；"
        "按季填报的，于次季前{{ quarterly_due_workdays }}个工作日内报送；其他事项按通知的时间报送。",
    ),
    (BODY, "（二）当期没有发生的，作零报告并说明情况，不得空报；确需延期的，在截止日期前提出申请。"),
    (BODY, "（三）被退回的，按退回通知的期限补正。补报、补正不改变迟报、漏报和退回的记录。"),
    (HEADING, "四、考核与结果"),
    (
        BODY,
        "（一）甲方按照考核评分细则对乙方逐项计分，在“{{ group }}”组内排定名次。"
        "{% if grades %}考核等级标准为：{{ grades|join('，') }}。{% endif %}",
    ),
    (BODY, "（二）填报纪律列入考核；发生区域性、系统性质量安全事件的，按照考核评分细则的规定确定等级。"),
    (BODY, "（三）乙方对公布的得分有异议的，可以在规定期限内提出申诉。"),
    (HEADING, "五、其他"),
    (BODY, "（一）目标确需调整的，由甲方书面说明理由并换发责任书，原责任书同时失效。"),
    (BODY_KEPT, "（二）本责任书一式两份，甲乙双方各执一份，自双方盖章之日起生效。"),
)


def letter() -> Document:
    """Return the template of 质量工作目标责任书."""
    paper = new_paper("质量工作目标责任书")
    write(paper, NUMBER_RIGHT, "编号：{{ label }}")
    write(paper, TITLE, "", "质量工作目标责任书")
    write(paper, SUBTITLE, "（{{ cycle_name }}）")
    write(paper, FLUSH, "", "甲方：{{ office }}", "乙方：{{ unit }}（{{ group }}）", "")
    write(
        paper, BODY,
        "为落实年度质量工作目标，明确任务、压实责任，甲乙双方签订本责任书。"
        "责任期限为{{ starts|day }}至{{ ends|day }}。",
        "{%p if version > 1 %}",
        "本责任书为第{{ version }}版，自签发之日起替代{{ replaces }}。换发理由：{{ reason|clause }}。",
        "{%p endif %}",
    )  # fmt: skip
    write(paper, HEADING, "一、目标任务")
    write(paper, BODY_KEPT, "乙方在责任期限内承担下列目标任务，共{{ lines|length }}项。")
    _targets(paper)
    write(paper, NOTE, "注：季度节点为截至各季度末应当达到的数值，计量单位同目标值；“—”表示没有此项。")
    for style, words in LETTER_WORDS:
        write(paper, style, words)
    write(paper, BODY_KEPT, "")
    _seals(paper)
    return paper


def _targets(paper: Document) -> None:
    single = ("序号", "质量领域", "指标", "目标值", "牵头/\n配合", "填报\n周期", "上年\n实绩")
    head = tuple(Cell(h, CELL_HEAD, merged="restart") for h in single)
    under = tuple(Cell("", CELL_HEAD, merged="continue") for _ in single)
    quarters = tuple(Cell(q, CELL_HEAD) for q in ("一季", "二季", "三季", "四季"))
    line = (
        Cell("{{ line.number }}"),
        Cell("{{ line.field }}"),
        Cell("{{ line.indicator }}", CELL_LEFT),
        Cell("{{ line.target }}"),
        Cell(r"{{ line.role|replace('（', '\n（') }}"),
        Cell("{{ line.frequency }}"),
        Cell("{{ line.last_year|dash }}"),
        *(Cell(f"{{{{ line.milestones[{q}]|dash }}}}") for q in range(4)),
    )
    top = Row((*head, Cell("季度节点", CELL_HEAD, span=4)), header=True)
    looped(
        paper, (9, 16.2, 31.8, 24, 16.5, 12.5, 12, 8.5, 8.5, 8.5, 8.5), "line in lines", line,
        top, Row((*under, *quarters), header=True), pad=0.5,
    )  # fmt: skip


def _seals(paper: Document) -> None:
    sides = (("甲方", "{{ office }}", "{{ issued_on|day }}"), ("乙方", "{{ unit }}", "　　年　　月　　日"))
    rows = (
        Row(tuple(Cell(f"{side}（盖章）：\n{name}", FORM, top=True) for side, name, _ in sides), height=30, keep=True),
        Row(tuple(Cell("负责人（签字）：", FORM) for _ in sides), height=18, keep=True),
        Row(tuple(Cell(f"日期：{day}", FORM) for *_, day in sides), height=12),
    )
    table(paper, (82, 74), rows, lined=False)


def order() -> Document:
    """Return the template of 督办单, a form that both sides fill in until the matter is closed."""
    paper = new_paper("质量工作督办单")
    write(paper, TITLE, "{{ office }}", "质量工作督办单")
    write(paper, NUMBER_RIGHT, "编号：{{ label }}")
    rows = (
        _pair("承办单位", "{{ unit }}", "督办级别", "{{ level }}"),
        _pair("协办单位", "{{ cooperating|join('、')|dash }}", "反馈频次", "{{ frequency }}"),
        _pair("下达日期", "{{ issued_on|day }}", "办结期限", "{{ due_on|day }}"),
        _wide("督办事项", 12, "{{ title }}"),
        _wide("督办依据", 12, "{{ basis }}"),
        _wide(
            "办理要求", 20,
            "查明原因，提出措施，在办结期限前书面反馈办理情况和结果，并附佐证材料。",
            "{%p for requirement in requirements %}", "{{ requirement }}", "{%p endfor %}",
            "逾期未办结或者办理不到位的，予以通报。",
        ),
        _wide(
            "推进情况\n（承办单位）", 30,
            "{%p for step in steps %}", "{{ step.answered_on|day }}　{{ step.answer }}", "{%p endfor %}", "",
        ),
        _wide(
            "批　　复\n（督办单位）", 20,
            "{%p for step in steps if step.decision %}",
            "{{ step.decided_on|day }}　{{ step.decision }}{% if step.reason %}：{{ step.reason }}{% endif %}",
            "{%p endfor %}",
            "{% if not steps %}□ 同意销号　　□ 退回补办{% endif %}",
        ),
        _wide(
            "销　　号", 10,
            "{% if closed_on %}{{ closed_on|day }}销号{% if late %}（逾期办结，逾期记录保留）{% endif %}"
            "{% else %}　　年　　月　　日{% endif %}",
        ),
        _wide("督办单位\n（盖章）", 22, "{{ office }}", "{{ issued_on|day }}"),
    )  # fmt: skip
    held = tuple(row._replace(keep=True) for row in rows[-3:-1])  # the seal is never alone on a page
    table(paper, (33, 55, 25, 43), (*rows[:-3], *held, rows[-1]))
    return paper


def _pair(name: str, value: str, other: str, other_value: str) -> Row:
    return Row((Cell(name, FORM_HEAD), Cell(value, FORM), Cell(other, FORM_HEAD), Cell(other_value, FORM)), height=11)


def _wide(name: str, height: float, *lines: str) -> Row:
    return Row((Cell(name, FORM_HEAD), Cell("\n".join(lines), FORM, span=3)), height=height)


TEMPLATES: Mapping[str, Callable[[], Document]] = {
    "letter": letter,
    "order": order,
    "midyear": midyear,
    "result": result,
}

if __name__ == "__main__":
    for name, make in TEMPLATES.items():
        (FOLDER / f"{name}.docx").write_bytes(packed(make().save))
