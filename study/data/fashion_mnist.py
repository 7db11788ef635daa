"""Fashion-MNIST (Xiao, Rasul, Vollgraf 2017), ten kinds of clothing, 28x28 pixels / 255."""

from __future__ import annotations

from pathlib import Path

from study.data._derived import Images, derived
from study.data._four_files import four_files
from study.data._mnist_files import image_files

FILES = image_files(
    "Fashion-MNIST",
    "fashion_mnist/raw",
    (
        (
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        ),
        (
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        ),
        (
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        ),
        (
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    ),
    (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
)


@derived
def load(*, seed: int = 0, folder: Path | None = None) -> Images:  # noqa: ARG001 - draws the pruning rows, in `derived`
    """Return 60,000 images to train on, 10,000 of them to prune on, 10,000 test images held out.

    Inputs have 784 features in [0, 1] (the image's rows one after the other), targets are one-hot. Classes 0 to 9 are
    T-shirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag and ankle boot. Further parameters are those of
    `study.data._derived.Derived`.

    Source: H. Xiao, K. Rasul, R. Vollgraf, Fashion-MNIST: a novel image dataset for benchmarking machine learning
    algorithms (2017), arXiv 1708.07747; MIT licence.

    Args:
        seed: the data seed: draws the pruning rows, once for all networks; the same rows as of MNIST.
        folder: the data folder; by default `STUDY_DATA` or `data/`.

    Raises:
        StudyError: if a parameter of `Derived` has an impossible value.
        DataUnavailableError: if Fashion-MNIST is nowhere to be had.
        DataCorruptError: if a file is not the original.
    """
    return four_files(FILES, folder)
