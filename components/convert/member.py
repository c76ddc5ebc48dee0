"""Convert one member to ONNX, as a process of its own, which gives back its memory (gigabytes) when it ends."""

from pathlib import Path

import onnx

from components.common.executor import run_stage, stage_parser
from components.common.files import whole
from components.common.member import MODEL_FILE, PIXELS, read_member
from components.convert.graphs import join
from components.convert.interface import member_interface, seal, tensors
from components.convert.network import HEATMAPS, load_network, network_graph
from components.convert.resize import RESIZED, resizing_graph


def member_graph(network: onnx.ModelProto, crop: int, size: int) -> onnx.ModelProto:
    """A member's whole model: resizing, then its network.

    Args:
        network: see `network.network_graph`.
        crop: side length of the records' pictures, in pixels.
        size: side length of the network's input, in pixels.

    Returns:
        A model with the interface `interface.member_interface`.

    Raises:
        ConversionError: the network has other inputs or outputs.
    """
    grid = next(tensor.shape[2:] for tensor in tensors(network.graph.output) if tensor.name == HEATMAPS)
    model = join(resizing_graph(crop, size), network, [(RESIZED, PIXELS)])
    model.graph.name = "member"
    return seal(model, member_interface(crop, (int(grid[0]), int(grid[1]))))


def main() -> None:
    """Arguments to values, values to the file."""
    parser = stage_parser("convert.member", __doc__)
    parser.add_argument("--member", type=Path, required=True, help="folder written by train")
    parser.add_argument("--output", type=Path, required=True, help="ONNX file to write")
    args = parser.parse_args()
    member = read_member(args.member)
    network = network_graph(load_network(args.member / MODEL_FILE, member.size))
    with whole(args.output) as file:
        onnx.save(member_graph(network, member.crop, member.size), file)


if __name__ == "__main__":
    run_stage(main)
