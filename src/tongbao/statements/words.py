"""What statements call things, in Chinese and in English."""

from typing import Final

LANGUAGES: Final = ("zh", "en")

WORDS: Final[dict[str, tuple[str, str]]] = {
    "title": ("积分清算对账单", "Clearing statement"),
    "to": ("致", "To"),
    "number": ("对账单号", "Statement"),
    "code": ("机构代码", "Organisation"),
    "period": ("账期", "Period"),
    "windows": ("清算场次", "Windows"),
    "closed": ("截止时间", "Closed"),
    "units": ("单位：元、积分（1 积分 = 1 元）", "In yuan and points (1 point = 1 yuan)"),
    "tile_opening": ("期初头寸", "Opening position"),
    "tile_claims": ("应收应付净额", "Claims, net"),
    "tile_fees": ("手续费", "Fees"),
    "tile_settled": ("结算收付", "Settled"),
    "tile_other": ("其他", "Other"),
    "tile_closing": ("期末头寸", "Closing position"),
    "owed_to_you": ("应付贵方", "owed to you"),
    "owed_by_you": ("贵方应付", "owed by you"),
    "even": ("已轧平", "even"),
    "item": ("项目", "Item"),
    "count": ("笔数", "Count"),
    "yuan": ("金额（元）", "Yuan"),
    "points_column": ("积分", "Points"),
    "opening": ("期初余额", "Opening balance"),
    "closing": ("期末余额", "Closing balance"),
    "total": ("合计", "Total"),
    "others": ("其余 {count} 家", "{count} others"),
    "position": ("头寸", "Position"),
    "circulation": ("本机构流通积分", "Own points in circulation"),
    "owed_points": ("会员欠积分", "Points members owe"),
    "reserve": ("备付金", "Reserve"),
    "prepaid": ("预付额度", "Prepaid block"),
    "collateral": ("保证金", "Collateral"),
    "guarantee": ("风险互助金", "Guarantee fund"),
    "fees": ("手续费收入", "Fees received"),
    "breakage": ("沉没积分收入", "Breakage received"),
    "first_loss": ("首损准备", "First loss"),
    "claims_due": ("受理积分应收", "Claims for points accepted"),
    "counterclaims_owed": ("受理退货冲回", "Counter-claims for refunds here"),
    "claims_owed": ("本机构积分被受理应付", "Claims for own points accepted elsewhere"),
    "counterclaims_due": ("本机构积分退货冲回", "Counter-claims for refunds elsewhere"),
    "paid_from_reserve": ("其中由备付金支付", "Of these, paid from the reserve"),
    "reserve_funded": ("提存备付金", "Set aside in the reserve"),
    "reserve_released": ("释放备付金", "Released from the reserve"),
    "acceptance_fees": ("受理手续费", "Acceptance fees"),
    "acceptance_fees_back": ("退还受理手续费", "Acceptance fees given back"),
    "issue_fees": ("发行手续费", "Issue fees"),
    "issue_fees_back": ("退还发行手续费", "Issue fees given back"),
    "loss_shared": ("分摊损失", "Share of losses"),
    "loss_borne_by_others": ("由其他机构分摊", "Losses borne by others"),
    "loss_repaid": ("归还他人分摊损失", "Losses of others repaid"),
    "loss_given_back": ("收回已分摊损失", "Share of losses given back"),
    "dispute_paid": ("争议调整（付）", "Disputes, paid"),
    "dispute_received": ("争议调整（收）", "Disputes, received"),
    "paid_in": ("贵方缴款", "Paid in by you"),
    "paid_out": ("向贵方付款", "Paid out to you"),
    "covered_by_collateral": ("保证金代偿", "Covered by collateral"),
    "covered_by_guarantee": ("风险互助金代偿", "Covered by the guarantee fund"),
    "covered_by_first_loss": ("首损准备代偿", "Covered by the operator's first loss"),
    "covered_by_block": ("预付额度代偿", "Covered by the prepaid block"),
    "recovered": ("违约后补缴", "Paid in after default"),
    "awarded": ("发放", "Awarded"),
    "awarded_for_later": ("发放（待生效）", "Awarded, pending"),
    "cancelled": ("取消待生效", "Pending awards cancelled"),
    "clawed_back": ("退货收回", "Taken back on refunds"),
    "redeemed_here": ("在本机构核销", "Redeemed with you (on-us)"),
    "redeemed_elsewhere": ("在其他机构核销", "Redeemed elsewhere"),
    "used_to_repay": ("抵还会员欠积分", "Used to repay what members owed"),
    "restored_here": ("本机构退货恢复", "Restored by refunds with you"),
    "restored_elsewhere": ("其他机构退货恢复", "Restored by refunds elsewhere"),
    "expired": ("过期", "Expired"),
    "adjusted_up": ("调增", "Adjusted up"),
    "adjusted_down": ("调减", "Adjusted down"),
    "forfeited": ("销户作废", "Forfeited"),
    "owed": ("新增欠积分", "Owed on refunds"),
    "repaid": ("归还", "Repaid"),
    "written_off": ("核销坏账", "Written off"),
    "claims_paid": ("支付应付积分款", "Claims paid"),
    "funded": ("提存", "Set aside"),
    "released": ("释放", "Released"),
    "funded_from_prepaid": ("由预付额度提存", "Set aside from the block"),
    "released_to_prepaid": ("退回预付额度", "Released to the block"),
    "deposited": ("存入", "Deposited"),
    "withdrawn": ("提取", "Withdrawn"),
    "block_bought": ("购买", "Bought"),
    "block_returned": ("退回", "Returned"),
    "contributed": ("缴纳", "Contributed"),
    "contribution_returned": ("退还", "Returned"),
    "set_aside": ("计提", "Set aside"),
    "taken_back": ("转回", "Taken back"),
    "used_as_cover": ("用于代偿", "Used as cover"),
    "issuers": ("受理积分：按发行方", "Points accepted, by issuer"),
    "issuers_note": (
        (
            "贵方受理的积分，以及发行方因此应付贵方的款项；受理本机构积分不产生应收。"
            "会员新得积分抵还欠贵方积分的，其发行方同样应付贵方。"
        ),
        (
            "Points you accepted and what their issuers owe you for them. Your own make no claim."
            " Points that repaid what a member owed you are due from their issuers, too."
        ),
    ),
    "redeemers": ("积分被受理：按受理方", "Own points accepted, by redeemer"),
    "redeemers_note": (
        "贵方积分在其他机构被受理，贵方因此应付的款项。",
        "Where your points were spent, and what you owe for them.",
    ),
    "counterparty": ("机构", "Organisation"),
    "accepted_points": ("受理积分", "Points"),
    "given_back_points": ("退还积分", "Given back"),
    "claims": ("笔数", "Claims"),
    "due": ("应收", "Due"),
    "due_back": ("退货冲回", "Refunds"),
    "net": ("净额", "Net"),
    "owed_column": ("应付", "Owed"),
    "fees_paid_title": ("手续费与增值税", "Fees and VAT"),
    "fees_received_title": ("手续费收入与增值税", "Fees received and VAT"),
    "fees_note": ("手续费为含税金额。", "Fees include VAT."),
    "fee_acceptance": ("受理手续费", "Acceptance fee"),
    "fee_issue": ("发行手续费", "Issue fee"),
    "rate": ("税率", "Rate"),
    "charged": ("收取", "Charged"),
    "given_back": ("退还", "Given back"),
    "without_vat": ("不含税", "Net"),
    "vat": ("税额", "VAT"),
    "gross": ("价税合计", "Gross"),
    "single": ("逐笔收付与调整", "Payments and decisions, one by one"),
    "when": ("日期", "Date"),
    "reference": ("结算号 / 银行流水 / 原因", "Settlement / bank reference / reason"),
    "settlement": ("结算 {number}", "Settlement {number}"),
    "dispute": ("争议 {number}", "Dispute {number}"),
    "default": ("违约 {number}", "Default {number}"),
    "operation": ("业务号", "Operation"),
    "nothing": ("本期无变动。", "Nothing happened in this period."),
    "notes": ("说明", "Notes"),
    "note_signs": (
        (
            "头寸为正表示联盟应付贵方，为负表示贵方应付联盟。每个账户：期初余额加各项变动等于期末余额；"
            "本期期末余额即下期期初余额。"
        ),
        (
            "A positive position is owed to you, a negative one is owed by you. In every"
            " account the opening balance and its changes make the closing balance, which"
            " opens the next period."
        ),
    ),
    "note_dispute": (
        (
            "如有异议，请向{operator}提出，并注明对账单号、所涉项目及对方机构或业务号。"
            "经双人复核后的更正记入处理当期，列为“争议调整”；已关闭的账期不作修改。"
        ),
        (
            "To dispute a line, write to {operator} with the number of this statement, the"
            " line, and the counterparty or operation. What two people decide is booked in the"
            " period in which they decide it, as a dispute; a closed period is never changed."
        ),
    ),
    "note_complete": (
        "各表最多列示金额最大的 {most} 家机构，全部明细见同号 JSON 与 CSV 文件。",
        (
            "Tables list the {most} largest counterparties; the JSON and CSV files of the"
            " same number have all of them."
        ),
    ),
}


def word(key: str, language: str, **given: object) -> str:
    """Give what ``key`` is called in a language."""
    return WORDS[key][LANGUAGES.index(language)].format_map(given)
