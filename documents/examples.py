"""One example of each paper's facts, for previews and tests. The county, its units and all figures are made up."""

from datetime import date
from decimal import Decimal

from documents.facts import (
    BehindLine,
    Count,
    CountRow,
    DisciplineLine,
    GroupResult,
    LetterFacts,
    LetterLine,
    MidyearFacts,
    OrderFacts,
    OrderLine,
    OrderStep,
    ResultFacts,
    ResultRow,
    ScoreFacts,
    ScoreGroup,
    ScoreRow,
    UnitScore,
)

OFFICE = "示例县质量强县工作领导小组办公室"
CYCLE = "2026年度质量强县工作"
DEPARTMENTS, TOWNS = "县直部门", "乡镇"

LETTER = LetterFacts(
    label="示例质强办〔2026〕3号", office=OFFICE, cycle_name=CYCLE, starts=date(2026, 1, 1), ends=date(2026, 12, 31),
    unit="县市场监督管理局", group=DEPARTMENTS, issued_on=date(2026, 3, 5),
    lines=(
        LetterLine(
            "1", "产品质量", "主导产业规模以上企业通过质量、环境管理体系认证比例",
            "牵头", "≥50%", "按季", "46.2", ("47", "48", "49", "50"),
        ),
        LetterLine("2", "产品质量", "产品质量监督抽查合格率", "牵头", "≥95%", "按月", "94.1", ("95", "95", "95", "95")),
        LetterLine("3", "产品质量", "产品质量国家监督抽查合格率", "牵头", "不低于全省平均水平", "年度"),
        LetterLine("5", "产品质量", "区域性产品质量问题", "牵头", "零发生", "按季", "0", ("0", "0", "0", "0")),
        LetterLine(
            "17", "质量基础", "参与制定、修订国家标准和行业标准",
            "责任（配合）", "≥2项", "按半年", "1", ("", "1", "", "2"),
        ),
        LetterLine(
            "24", "经济运行质量", "第三产业增加值占地区生产总值比重",
            "责任（配合）", "比上年提高1.5个百分点", "年度", "38.5",
        ),
        LetterLine("31", "质量工作", "“质量月”活动", "牵头", "定性评价", "一次性"),
    ),
    duty="承担领导小组办公室日常工作，组织实施标准化战略和品牌战略，加强计量、标准、认证认可等质量基础工作",
    grades=("A级90分以上", "B级80分以上、不足90分", "C级60分以上、不足80分", "D级不足60分"),
)  # fmt: skip

LETTER_REISSUED = LetterFacts(
    label="示例质强办〔2026〕41号", office=OFFICE, cycle_name=CYCLE, starts=date(2026, 1, 1), ends=date(2026, 12, 31),
    unit="河东镇", group=TOWNS, issued_on=date(2026, 8, 14), version=2, replaces="示例质强办〔2026〕29号",
    reason="省级下达任务调整，农业标准化项目由1个调整为2个。",
    lines=(
        LetterLine(
            "20", "质量基础", "建设省、市农业标准化项目", "责任（配合）", "≥2个", "按季", "", ("0", "1", "1", "2")
        ),
    ),
)  # fmt: skip

ORDER = OrderFacts(
    label="示例质强办〔2026〕37号", office=OFFICE, unit="县住房和城乡建设局", title="省级优质工程创建进度滞后",
    basis="《质量工作目标责任书》（示例质强办〔2026〕6号）第9项；截至6月30日应达1项，实际0项。", level="黄牌",
    issued_on=date(2026, 7, 20), due_on=date(2026, 8, 3), cooperating=("县交通运输局", "县水利局"),
)  # fmt: skip

ORDER_CLOSED = OrderFacts(
    label="示例质强办〔2026〕38号", office=OFFICE, unit="河东镇", title="二季度农产品质量安全抽检情况漏报",
    basis="考核周期填报要求；二季度填报截止7月14日，至7月17日未报。", level="蓝牌",
    issued_on=date(2026, 7, 20), due_on=date(2026, 8, 3), closed_on=date(2026, 8, 10), late=True,
    requirements=("于反馈时一并补报二季度数据和抽检报告。",),
    steps=(
        OrderStep(
            date(2026, 7, 30), "已补报二季度数据。", "退回补办", "未附抽检报告，合格率无法核实", date(2026, 7, 31)
        ),
        OrderStep(date(2026, 8, 7), "补充抽检报告3份，并落实专人负责填报。", "同意销号", "", date(2026, 8, 10)),
    ),
)  # fmt: skip

STATES = ("已完成", "超序时", "达序时", "欠序时", "其他")
MIDYEAR = MidyearFacts(
    issue=1, office=OFFICE, cycle_name=CYCLE, period="上半年", as_of=date(2026, 6, 30), issued_on=date(2026, 7, 20),
    counts=tuple(Count(state, n) for state, n in zip(STATES, (6, 11, 58, 4, 13), strict=True)),
    by_group=(CountRow(DEPARTMENTS, (5, 7, 31, 2, 9)), CountRow(TOWNS, (1, 4, 27, 2, 4))),
    by_field=(
        CountRow("产品质量", (1, 3, 21, 1, 3)), CountRow("工程质量", (0, 2, 12, 2, 4)),
        CountRow("服务质量", (2, 3, 10, 0, 2)), CountRow("环境质量", (1, 1, 9, 0, 1)),
        CountRow("质量基础", (2, 2, 6, 1, 3)),
    ),
    behind=(
        BehindLine("县住房和城乡建设局", "9", "创建省级优质工程", "≥2项", "0项", "1项", "1项"),
        BehindLine("县农业农村局", "20", "建设省、市农业标准化项目", "≥5个", "1个", "2.5个", "1.5个"),
        BehindLine("河东镇", "2", "产品质量监督抽查合格率", "≥95%", "91.67%", "95%", "3.33个百分点"),
        BehindLine("云岭乡", "8", "建筑业企业通过管理体系认证", "≥1家", "0家", "0.5家", "0.5家"),
    ),
    discipline=(
        DisciplineLine("县市场监督管理局", 31, 31, 0, 0, 0),
        DisciplineLine("县住房和城乡建设局", 12, 12, 2, 0, 1),
        DisciplineLine("县交通运输局", 9, 9, 1, 0, 0),
        DisciplineLine("河东镇", 10, 8, 1, 2, 0), DisciplineLine("云岭乡", 10, 9, 0, 1, 1),
    ),
    praised=("县市场监督管理局", "县生态环境局", "城关镇"),
    orders=(
        OrderLine("示例质强办〔2026〕37号", "县住房和城乡建设局", "省级优质工程创建进度滞后", date(2026, 8, 3)),
        OrderLine("示例质强办〔2026〕38号", "河东镇", "二季度农产品质量安全抽检情况漏报", date(2026, 8, 3)),
    ),
)  # fmt: skip

RESULT = ResultFacts(
    label="示例质强办〔2027〕8号", office=OFFICE, cycle_name=CYCLE, published_on=date(2027, 3, 10),
    basis="根据年度考核评分细则（第1版），领导小组办公室对29个责任单位进行了考核，结果已经领导小组审定",
    procedure=(
        "各责任单位自评，逐项填写自评得分并附佐证材料", "评分单位逐项核定，填报纪律得分由应报事项清单统计得出",
        "汇总得分，四舍五入保留两位小数后确定等级，按组排定名次",
    ),
    groups=(
        GroupResult(DEPARTMENTS, (
            ResultRow(1, "县市场监督管理局", Decimal("96.35"), "A"),
            ResultRow(2, "县生态环境局", Decimal("93.8"), "A"),
            ResultRow(2, "县文化和旅游局", Decimal("93.80"), "A"),
            ResultRow(4, "县住房和城乡建设局", Decimal("84.07"), "B"),
        )),
        GroupResult(TOWNS, (
            ResultRow(1, "城关镇", Decimal("95.02"), "A"),
            ResultRow(2, "青石镇", Decimal("92.5"), "D", "发生系统性质量安全事件，一律评为D级（按得分为A级）"),
            ResultRow(3, "河东镇", Decimal("78.25"), "C"),
        )),
    ),
    vetoes=("青石镇发生系统性质量安全事件，按照考核评分细则评为D级（按得分为A级）",),
    appeals_until=date(2027, 3, 17),
    use_of_results=(
        "考核结果报县委、县政府，作为年度综合考核的依据", "对A级单位予以通报表扬；D级单位在一个月内提交整改报告",
    ),
)  # fmt: skip

RESULT_FINAL = ResultFacts(
    label="示例质强办〔2027〕11号", office=OFFICE, cycle_name=CYCLE, published_on=date(2027, 3, 29),
    basis="示例质强办〔2027〕8号公布的考核结果申诉期已满", procedure=("受理申诉1件，由未参与评分的单位复核裁定",),
    groups=(
        GroupResult(TOWNS, (
            ResultRow(1, "城关镇", Decimal("95.02"), "A"),
            ResultRow(2, "青石镇", Decimal("92.50"), "D", "发生系统性质量安全事件，一律评为D级（按得分为A级）"),
            ResultRow(3, "河东镇", Decimal("80.25"), "B"),
        )),
    ),
    use_of_results=("考核结果报县委、县政府，作为年度综合考核的依据",),
    corrections=("河东镇第12项申诉成立，由6分改为8分，总分由78.25分改为80.25分，等级由C级改为B级",), final=True,
)  # fmt: skip

SCORES = ScoreFacts(
    office=OFFICE, cycle_name=CYCLE, as_of=date(2027, 3, 10), state="已公布", provisional=False, rule_set_version=1,
    rule_set_sha256="9f2c" * 16, rounding="各项得分按精确值相加，总分四舍五入保留两位小数，按公布的总分评定等级",
    groups=(
        ScoreGroup(DEPARTMENTS, (
            UnitScore("县市场监督管理局", Decimal("17.38"), "A", 1, (
                ScoreRow(
                    "1", "产品质量监督抽查合格率", Decimal(10), Decimal("9.38"), target="≥95%", actual="88.8%",
                    self_points=Decimal(10), rule="R7 差额扣分：每低1个百分点扣0.1分，按实际差额计",
                    working="差额 95－88.8＝6.2；10－0.1×6.2＝9.38", evidence="抽查结果汇总表.xlsx",
                ),
                ScoreRow(
                    "2", "报送情况", Decimal(5), Decimal(5), rule="R16 填报纪律：每迟报一次扣0.5分",
                    working="迟报0次、漏报0次、退回0次；5－0＝5",
                ),
                ScoreRow(
                    "3", "“质量月”活动", Decimal(3), Decimal(3), self_points=Decimal(3), verified_points=Decimal(3),
                    rule="R1 达标得分：由评分单位评判", working="评分单位评判：达到；得3分", scorer="县发展和改革局",
                ),
            ), working="各项得分合计：17.38（3 项，按未四舍五入的得分相加）"),
        )),
        ScoreGroup(TOWNS, (
            UnitScore("青石镇", Decimal("-0.50"), "D", 1, (
                ScoreRow(
                    "11", "=农产品质量安全", Decimal(10), Decimal("-0.5"), working="=2+3", remark="参照值暂用上年"
                ),
            ), note="发生系统性质量安全事件，一律评为D级（按得分为D级）"),
        )),
    ),
)  # fmt: skip
