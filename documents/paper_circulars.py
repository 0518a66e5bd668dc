"""The templates of circulars 通报: the mid-year one on supervision, and the results. See paper_templates.py."""

from docx.document import Document

from documents.paper_style import (
    BODY,
    BODY_KEPT,
    BULLETIN_MARK,
    CAPTION,
    CELL_HEAD,
    CELL_LEFT,
    DATE,
    FLUSH,
    FORM,
    HEADING,
    MARK,
    NUMBER,
    NUMBER_RIGHT,
    OFFICE,
    RED_RULE,
    SUBHEADING,
    TITLE,
    new_paper,
    write,
)
from documents.paper_table import Cell, Row, looped, table


def midyear() -> Document:
    """Return the template of 督查通报（第 N 期）."""
    paper = new_paper("督查通报")
    write(paper, BULLETIN_MARK, "督查通报")
    write(paper, NUMBER, "第{{ issue }}期")
    table(paper, (110, 46), [Row((Cell("{{ office }}", FORM), Cell("{{ issued_on|day }}", NUMBER_RIGHT)))], lined=False)
    write(paper, RED_RULE, "")
    write(paper, TITLE, "", "关于{{ cycle_name }}", "{{ period }}推进情况的通报")
    write(paper, FLUSH, "", "各责任单位：")
    write(
        paper,
        BODY,
        "{{ cycle_name }}共有目标任务{{ counts|sum('n') }}项。现将截至{{ as_of|day }}的推进情况通报如下。",
    )
    _overview(paper)
    _behind(paper)
    _discipline(paper)
    _orders(paper)
    write(paper, HEADING, "五、下一步要求")
    write(
        paper, BODY,
        "{%p for step in next_steps %}",
        "（{{ loop.index|han }}）{{ step|clause }}。",
        "{%p else %}",
        "（一）对照短板抓推进。欠序时的目标任务，责任单位要明确措施和时限，牵头单位要加强协调。",
        "（二）严格填报纪律。按时、如实报送，没有发生的作零报告；迟报、漏报、退回的记录不因补报而取消。",
        "（三）抓好督办落实。收到督办单的单位要按期反馈，未按期办结的在下期通报中点名。",
        "{%p endfor %}",
    )  # fmt: skip
    _signed(paper, "{{ issued_on|day }}")
    return paper


def _overview(paper: Document) -> None:
    write(paper, HEADING, "一、总体情况")
    write(
        paper, BODY,
        "全部{{ counts|sum('n') }}项目标任务中，"
        "{% for c in counts %}{{ c.state }}{{ c.n }}项{% if not loop.last %}，{% endif %}{% endfor %}。"
        "{% if praised %}{{ praised|join('、') }}推进有力、报送及时，予以表扬。{% endif %}",
    )  # fmt: skip
    write(paper, CAPTION, "表1　各组目标任务推进情况（单位：项）")
    _counts(paper, "组别", "by_group")
    write(paper, CAPTION, "表2　各质量领域目标任务推进情况（单位：项）")
    _counts(paper, "质量领域", "by_field")


def _counts(paper: Document, first: str, rows: str) -> None:
    states = range(5)
    looped(
        paper, (36, 20, 20, 20, 20, 20, 20), f"row in {rows}",
        (Cell("{{ row.name }}"), *(Cell(f"{{{{ row.counts[{i}] }}}}") for i in states), Cell("{{ row.total }}")),
        _head(first, *(f"{{{{ counts[{i}].state }}}}" for i in states), "合计"),
        last=(Cell("合计"), *(Cell(f"{{{{ counts[{i}].n }}}}") for i in states), Cell("{{ counts|sum('n') }}")),
    )  # fmt: skip


def _behind(paper: Document) -> None:
    write(paper, HEADING, "二、欠序时的目标任务")
    write(paper, BODY, "{%p if behind %}")
    write(paper, BODY_KEPT, "下列{{ behind|length }}项目标任务未达到序时进度，有关单位要逐项查找原因，尽快赶上。")
    line = (
        Cell("{{ line.unit }}", CELL_LEFT),
        Cell("{{ line.number }}"),
        Cell("{{ line.indicator }}", CELL_LEFT),
        Cell("{{ line.target }}"),
        Cell("{{ line.expected|dash }}"),
        Cell("{{ line.actual|dash }}"),
        Cell("{{ line.gap|dash }}"),
    )
    head = _head("责任单位", "序号", "指标", "全年目标", "序时应达", "实际完成", "差距")
    looped(paper, (36, 10, 30, 22, 19, 19, 20), "line in behind", line, head)
    write(paper, BODY, "{%p else %}", "没有欠序时的目标任务。", "{%p endif %}")


def _discipline(paper: Document) -> None:
    write(paper, HEADING, "三、填报情况")
    write(
        paper, BODY,
        "截至{{ as_of|day }}，应报{{ discipline|sum('owed') }}件，"
        "已报{{ discipline|sum('filed') }}件（其中迟报{{ discipline|sum('late') }}件），"
        "漏报{{ discipline|sum('missing') }}件，退回{{ discipline|sum('returned') }}次。",
        "{%p if discipline|sum('late') + discipline|sum('missing') + discipline|sum('returned') %}",
    )  # fmt: skip
    line = (
        Cell("{{ line.unit }}", CELL_LEFT),
        Cell("{{ line.owed }}"),
        Cell("{{ line.filed }}"),
        Cell("{{ line.late }}"),
        Cell("{{ line.missing }}"),
        Cell("{{ line.returned }}"),
    )
    head = _head("单位", "应报", "已报", "其中迟报", "漏报", "退回次数")
    faulty = "line in discipline if line.late or line.missing or line.returned"
    looped(paper, (56, 20, 20, 20, 20, 20), faulty, line, head)
    write(paper, BODY, "{%p endif %}")


def _orders(paper: Document) -> None:
    write(paper, HEADING, "四、督办事项")
    write(paper, BODY, "{%p if orders %}")
    write(paper, BODY_KEPT, "对下列{{ orders|length }}个事项下达督办单，承办单位要在期限内反馈并办结。")
    line = (
        Cell("{{ line.label }}"),
        Cell("{{ line.unit }}", CELL_LEFT),
        Cell("{{ line.title }}", CELL_LEFT),
        Cell("{{ line.due_on|day }}"),
    )
    looped(paper, (46, 36, 41, 33), "line in orders", line, _head("督办单编号", "承办单位", "督办事项", "办结期限"))
    write(paper, BODY, "{%p else %}", "本期没有下达督办单。", "{%p endif %}")


def result() -> Document:
    """Return the template of 考核结果通报, the published one and, after appeals, the final one."""
    paper = new_paper("考核结果通报")
    write(paper, MARK, "{{ office }}文件")
    write(paper, NUMBER, "{{ label }}")
    write(paper, RED_RULE, "")
    write(paper, TITLE, "", "{{ office }}", "关于{{ cycle_name|assessed }}", "{% if final %}最终{% endif %}结果的通报")
    write(paper, FLUSH, "", "各责任单位：")
    write(paper, BODY, "{{ basis|clause }}。现将考核结果通报如下。")
    write(paper, HEADING, "一、考核程序")
    write(paper, BODY, "{%p for step in procedure %}", "（{{ loop.index|han }}）{{ step|clause }}。", "{%p endfor %}")
    write(paper, HEADING, "二、考核结果")
    write(paper, BODY, "{%p for group in groups %}")
    write(paper, SUBHEADING, "（{{ loop.index|han }}）{{ group.name }}（{{ group.rows|length }}个）")
    row = (
        Cell("{{ row.rank }}"),
        Cell("{{ row.unit }}", CELL_LEFT),
        Cell("{{ row.points|points }}"),
        Cell("{{ row.grade }}"),
        Cell("{{ row.note }}", CELL_LEFT),
    )
    looped(paper, (14, 52, 22, 16, 52), "row in group.rows", row, _head("名次", "单位", "得分", "等级", "备注"))
    write(paper, BODY, "{%p endfor %}")
    _consequences(paper)
    _signed(paper, "{{ published_on|day }}")
    return paper


def _consequences(paper: Document) -> None:
    write(paper, HEADING, "三、等级调整")
    write(paper, BODY, "{%p for veto in vetoes %}", "{{ veto|clause }}。", "{%p else %}")
    write(paper, BODY, "没有按规定调整等级的单位。", "{%p endfor %}")
    write(paper, HEADING, "四、申诉")
    write(
        paper, BODY,
        "{%p if final %}",
        "申诉期已满，申诉事项均已裁定，本通报为最终结果。",
        "{%p for correction in corrections %}",
        "（{{ loop.index|han }}）{{ correction|clause }}。",
        "{%p else %}",
        "申诉期内没有更正的得分。",
        "{%p endfor %}",
        "{%p else %}",
        "对得分有异议的单位，请于{{ appeals_until|day }}（含当日）前以书面形式提出申诉，"
        "逐项说明理由并附佐证材料；逾期不再受理。",
        "{%p endif %}",
    )  # fmt: skip
    write(paper, HEADING, "五、结果运用")
    write(
        paper, BODY,
        "各单位要对照失分项目查找原因，制定措施，并作为下一年度质量工作的首要任务抓好整改。",
        "{%p for use in use_of_results %}",
        "{{ use|clause }}。",
        "{%p endfor %}",
    )  # fmt: skip


def _head(*headings: str) -> Row:
    return Row(tuple(Cell(h, CELL_HEAD) for h in headings), header=True)


def _signed(paper: Document, day: str) -> None:
    """End the paper: the closing line holds the signature to the page, so that it never stands alone."""
    write(paper, BODY_KEPT, "特此通报。")
    write(paper, OFFICE, "", "{{ office }}")
    write(paper, DATE, day)
