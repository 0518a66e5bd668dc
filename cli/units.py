"""The office's acts on institutions: mergers, and who acts for a unit."""

from typing import Annotated

import typer

from cli.context import (
    OFFICE,
    ByOption,
    CycleOption,
    JsonOption,
    ReasonOption,
    TodayOption,
    UnitArgument,
    acting,
    day_of,
    looking,
    say,
    show_rows,
)
from cycle import contacts, units
from cycle.listing import list_contacts, list_units
from cycle.lookup import find_unit
from models import Refused
from models.enums import Role

unit = typer.Typer(help="机构：清单、合并", no_args_is_help=True)
contact = typer.Typer(help="联络人：清单、变更", no_args_is_help=True)


@unit.command("list")
def unit_list(cycle: CycleOption = None, as_json: JsonOption = False) -> None:
    """单位清单"""
    with looking(cycle) as (session, found):
        rows = list_units(session, found)
    show_rows("单位", rows, as_json)


@unit.command("merge")
def unit_merge(
    ended: UnitArgument,
    into: Annotated[str, typer.Argument(help="并入的单位")],
    reason: ReasonOption,
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """机构合并"""
    with acting(cycle) as (session, found):
        units.merge_units(
            session,
            found,
            find_unit(session, ended),
            find_unit(session, into),
            reason=reason,
            by=by,
            today=day_of(today),
        )
    say(f"{ended} 已并入 {into}，任务和未报事项已转移。")


@contact.command("list")
def contact_list(cycle: CycleOption = None, today: TodayOption = None, as_json: JsonOption = False) -> None:
    """当日联络人"""
    with looking(cycle) as (session, found):
        rows = list_contacts(session, found, day_of(today))
    show_rows("联络人", rows, as_json)


@contact.command("change")
def contact_change(
    unit: UnitArgument,
    role: Annotated[str, typer.Argument(help="联络员、分管领导、主要领导或质强办经办人")],
    title: Annotated[str, typer.Option(help="职务或称谓")],
    address: Annotated[str, typer.Option(help="通知地址")],
    replaces: Annotated[
        str | None, typer.Option(help="被接替者的通知地址；不填则接替该角色全部现任，填空文本则为增加一人")
    ] = None,
    cycle: CycleOption = None,
    today: TodayOption = None,
    by: ByOption = OFFICE,
) -> None:
    """变更联络人"""
    meant = Role.of_zh(role)
    if meant is None:
        raise Refused(f"角色“{role}”无法识别。可选：{'、'.join(r.zh for r in Role)}。")
    with acting(cycle) as (session, found):
        changed = contacts.change_contact(
            session,
            found,
            find_unit(session, unit),
            meant,
            title=title,
            address=address,
            replaces=replaces,
            by=by,
            today=day_of(today),
        )
    say("联络人已变更。" if changed else "联络人没有变化。")
