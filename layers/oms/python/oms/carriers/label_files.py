"""The files of labels: fetched from their carrier once and kept, and given out by a link that ends."""

from __future__ import annotations

from oms.carriers.adapters.label_bucket import LabelBucket, key_of
from oms.carriers.commands import Carriers, own_label
from oms.carriers.port import Declined, Unknown
from oms.carriers.views import LabelFileView
from oms.fulfillment.finding import READ
from oms.platform.commands import Runtime
from oms.platform.effects import TransientFailure
from oms.platform.principal import Principal
from oms.platform.problems import ActionNotAvailable, Busy
from oms.sourcing.rates import Label, LabelStatus

# By what a file of each format begins, behind white space.
_BEGINS = {"pdf": b"%PDF-", "zpl": b"^XA"}


def label_file(runtime: Runtime, carriers: Carriers, principal: Principal, label_id: str) -> LabelFileView:
    """The file of a label that was bought, as a link for 15 minutes; the first call has it fetched and kept.

    Raises NotFound for a label of another node or tenant, ActionNotAvailable for one that is not to be printed or of
    which the carrier has no file, Busy while there is no answer.
    """
    _, _, label = own_label(runtime, principal, READ, label_id)
    if label.status is not LabelStatus.BOUGHT or label.url is None:
        raise ActionNotAvailable(f"A label that is {label.status.value} is not printed.")
    bucket = LabelBucket()
    key = key_of(principal.tenant, label.id, label.format)
    content = bucket.find(key)
    if content is None:
        try:
            content = bucket.keep(key, _fetched(carriers, label, label.url), label.format)
        except TransientFailure as failure:
            raise Busy("The file could not be kept; nothing of it was.") from failure
    return LabelFileView(label_id=label.id, format=label.format, bytes=len(content), url=bucket.link(key))


def _fetched(carriers: Carriers, label: Label, url: str) -> bytes:
    found = carriers(label.provider).file(url)
    if isinstance(found, Unknown):
        raise Busy("The carrier did not answer; nothing was asked of it that lasts.")
    if isinstance(found, Declined):
        raise ActionNotAvailable(f"The carrier says {found.code}.")
    if not found.lstrip().startswith(_BEGINS[label.format]):
        raise ActionNotAvailable(f"What the carrier has of this label is no {label.format} file.")
    return found
