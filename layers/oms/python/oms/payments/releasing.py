"""How a provider is asked to let go of what it holds for one tender, all of it or part of it."""

from __future__ import annotations

from oms.orders.model import Order
from oms.payments.asking import Answer, Asking, final
from oms.payments.forgotten import is_over
from oms.payments.port import KEY_REUSED, Approved, Declined, NoTrace, Unknown
from oms.platform.effects import Effect, TransientFailure, perform


class ReleaseRefused(RuntimeError):
    """The provider holds money that it will not let go; a person must look."""


def renew(asking: Asking) -> Order:
    """Prepare a new authorisation of what is still to be taken, once nothing of the old one is open any more."""
    if asking.payment.pending:
        raise TransientFailure(f"payment {asking.payment.id}: an earlier capture is still pending")
    unrecorded = asking.find_unrecorded()
    if unrecorded is not None:
        return unrecorded
    if asking.payment.capturable:
        return release(asking, renewable=True)
    return asking.record.renewal(asking.payment.attempt)


def release(asking: Asking, *, renewable: bool = False, part: int | None = None) -> Order:
    """Let go of what is held, or of part of it; `renewable` where it will be needed under another authorisation.

    The key says how much was held before, not how much goes: where a run that died asked for another part under it,
    what that run got is recorded, and the next look decides what else is not needed.
    """
    payment, provider = asking.payment, asking.provider
    key, amount = payment.void_key, payment.capturable

    def ask() -> Answer | Unknown:
        answer = final(provider.void(asking.reference, key=key, amount=part))
        if isinstance(answer, Declined) and answer.code == KEY_REUSED:
            found = final(provider.find(key, verb="void", reference=asking.reference))
            return answer if isinstance(found, NoTrace) else found
        return answer

    def record(answer: Answer) -> Order:
        if not isinstance(answer, Approved) and not is_over(asking.as_it_is()):
            raise ReleaseRefused(f"release of {payment.id} was refused")
        release_id, freed = (answer.movement_id, answer.amount) if isinstance(answer, Approved) else (None, amount)
        some = freed if provider.capabilities.partial_void and freed < amount else None
        return asking.record.release(key, release_id or key, renewable=renewable, part=some)

    done = perform(
        asking.void_intent(),
        Effect[Answer, Order](
            ask=ask,
            look_up=lambda: final(provider.find(key, verb="void", reference=asking.reference)),
            doubt=lambda reason: asking.record.doubt("void", key, amount, reason),
            record=record,
        ),
    )
    return _as_released(asking, renewable=renewable) if isinstance(done, NoTrace) else done


def _as_released(asking: Asking, *, renewable: bool) -> Order:
    """What a release came to whose key may be forgotten: the provider's own state decides."""
    key = asking.payment.void_key
    if not is_over(asking.as_it_is()):
        raise ReleaseRefused(f"release of {asking.payment.id}: nobody knows what became of it")
    return asking.record.release(key, key, renewable=renewable)
