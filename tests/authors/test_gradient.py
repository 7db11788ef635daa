"""The gradient check: the chain rule's gradient is that of finite differences, the other is not."""

import torch

from study.authors.gradient import gradient_check, hidden_gradient
from tests import cases


def test_the_chain_rule_agrees_with_finite_differences_and_autograd():
    net, rows = cases.network((6, 5), 3), cases.rows(30, 3, 3)
    found = list(gradient_check(net, rows))
    assert [c.layer for c in found] == [0, 1]
    assert [c.weights for c in found] == [18, 30]
    for check in found:
        assert check.chain_rule > 1 - 1e-9
        assert abs(check.implemented) < 0.99
    for layer in range(2):
        weight = net.weights[layer].clone().requires_grad_()
        h = rows.inputs.T
        for m, (w, b) in enumerate(zip(net.weights[:-1], net.biases[:-1], strict=True)):
            h = torch.sigmoid((weight if m == layer else w) @ h + b[:, None])
        z = net.weights[-1] @ h + net.biases[-1][:, None]
        (0.5 * ((torch.sigmoid(z) - rows.targets.T) ** 2).sum()).backward()
        assert torch.allclose(hidden_gradient(net, rows, layer, "gradient"), weight.grad, atol=1e-12)
