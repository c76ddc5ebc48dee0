"""A member's Keras network: read, checked, and converted to ONNX with its class activation maps."""

from collections import OrderedDict
from pathlib import Path
from zipfile import BadZipFile

import keras
import numpy as np
import onnx
import tensorflow as tf
import tf2onnx
from tf2onnx.optimizer import back_to_back_optimizer as back_to_back
from tf2onnx.optimizer import const_fold_optimizer as const_fold
from tf2onnx.optimizer import identity_optimizer as identity
from tf2onnx.optimizer import merge_duplicated_nodes_optimizer as duplicates
from tf2onnx.optimizer import transpose_optimizer as transpose

from components.common import demographics
from components.common.errors import ConversionError, DataError
from components.common.member import (
    DEMOGRAPHICS,
    FEATURE_DISTANCE,
    FEATURE_MAP,
    IMAGE_LOGITS,
    PIXELS,
    PROBABILITIES,
)
from components.common.taxonomy import CLASSES
from components.convert.canonical import canonical
from components.convert.graphs import IR_VERSION, OPSET

HEATMAPS = "heatmaps"

# The optimization passes of tf2onnx that change these networks, in its order. Each pass keeps a copy of all weights to
# the end, and each runs three times: with all twelve, B7 at 380 px takes 13 GB.
_PASSES = OrderedDict(
    optimize_transpose=transpose.TransposeOptimizer,
    fold_constants=const_fold.ConstFoldOptimizer,
    merge_duplication=duplicates.MergeDuplicatedNodesOptimizer,
    remove_identity=identity.IdentityOptimizer,
    remove_back_to_back=back_to_back.BackToBackOptimizer,
)


def load_network(file: Path, size: int) -> keras.Model:
    """Load a member's `model.keras`.

    Args:
        file: written by train.
        size: side length of the pictures that the network must take, in pixels.

    Raises:
        DataError: the file cannot be read, or the network is of another shape or not in float32.
    """
    try:
        network = keras.models.load_model(file, compile=False)
    except (ValueError, TypeError, OSError, KeyError, BadZipFile) as error:
        raise DataError(f"cannot load {file}: {str(error).splitlines()[0]}; run train again") from error
    expected = {PIXELS: (None, size, size, 3), DEMOGRAPHICS: (None, demographics.LENGTH)}
    wanted = {PROBABILITIES: (None, len(CLASSES)), FEATURE_DISTANCE: (None,)}
    found = {tensor.name: tuple(tensor.shape) for tensor in network.inputs}
    answers = keras.tree.map_structure(lambda tensor: tensor.shape, network.output)
    if found != expected or answers != wanted:
        raise DataError(f"the network in {file} goes from {found} to {answers}, expected from {expected} to {wanted}")
    if half := {layer.compute_dtype for layer in network.layers} - {"float32"}:
        raise DataError(f"the network in {file} computes in {', '.join(half)}: save it with the policy float32")
    return network


def with_heatmaps(network: keras.Model) -> keras.Model:
    """Add class activation maps (Zhou et al. 2016, arXiv 1512.04150) to a member's outputs.

    Returns:
        A model with the outputs probabilities [batch, 9], feature_distance [batch] and heatmaps [batch, rows, columns,
        9]: the last feature map times the image logits' weights. The mean of a class's map over all places, the layer's
        bias and the demographics' part add up to the class's logit.
    """
    features = network.get_layer(FEATURE_MAP).output
    kernel = network.get_layer(IMAGE_LOGITS).kernel
    maps = keras.layers.Conv2D(len(CLASSES), 1, use_bias=False, name=HEATMAPS)
    outputs = [network.output[PROBABILITIES], network.output[FEATURE_DISTANCE], maps(features)]
    maps.set_weights([np.asarray(kernel)[None, None]])
    return keras.Model(network.inputs, outputs)


def network_graph(network: keras.Model) -> onnx.ModelProto:
    """Convert a member's network with `with_heatmaps`.

    Returns:
        A model from pixels float32 [batch, 3, size, size] and demographics to probabilities [batch, 9],
        feature_distance [batch] and heatmaps [batch, 9, rows, columns].

    Raises:
        ConversionError: an operation has no ONNX counterpart.
    """
    signature = [tf.TensorSpec(tensor.shape, tensor.dtype, tensor.name) for tensor in network.inputs]
    try:
        model, _ = tf2onnx.convert.from_keras(
            with_heatmaps(network),
            signature,
            opset=OPSET,
            inputs_as_nchw=[PIXELS],
            outputs_as_nchw=[HEATMAPS],
            optimizers=_PASSES,
        )
    except Exception as error:  # tf2onnx raises what its handlers raise
        raise ConversionError(f"tf2onnx cannot convert the network: {error}") from error
    if unknown := sorted({node.op_type for node in model.graph.node if not onnx.defs.has(node.op_type, node.domain)}):
        raise ConversionError(f"these operations of the network have no ONNX counterpart: {', '.join(unknown)}")
    del model.opset_import[:]
    model.opset_import.append(onnx.helper.make_opsetid("", OPSET))
    model.ir_version = IR_VERSION
    model.graph.name = "network"
    return canonical(model)
