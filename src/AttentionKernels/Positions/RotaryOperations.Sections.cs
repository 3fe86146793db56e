using AttentionKernels.Devices;
using AttentionKernels.Launching;
using AttentionKernels.Positions.Kernels;
using AttentionKernels.Tensors;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <content>Tokens that have several positions.</content>
public static partial class RotaryOperations
{
    /// <summary>
    /// cos(pₛ·θᵢ) and sin(pₛ·θᵢ) of each token and pair i, where p are the token's positions and s is the section of the pair:
    /// multi-section rotary embedding (M-RoPE). They are gathered once for all layers: row b·tokens + t of <paramref name="rows"/> is token
    /// t of sequence b, whose position it is for <see cref="RotaryEmbedding(AttentionDevice, TensorView{float}, RotaryTable,
    /// TensorView{float}, RotaryStyle, int, AcceleratorStream)"/> and for <see cref="KeyRotation"/>. Queues the computation.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="table">The angles of each position.</param>
    /// <param name="positions">The positions of tokens [sections, batch, tokens], with free strides. Pairs whose position is not in the
    /// table become NaN.</param>
    /// <param name="sections">The section of each pair [rotaryDim / 2], from 0; see <see cref="RotarySections"/>.</param>
    /// <param name="rows">Where they go: made by <see cref="RotaryTable.OfTokens"/>, of the table's rotary dimension, with a row for each
    /// token; rows behind them stay as they are.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape or is of another device; or the rows are not made for tokens, too
    /// few, or of another rotary dimension.</exception>
    /// <exception cref="ObjectDisposedException">The device, a table or a tensor is disposed.</exception>
    /// <example>
    /// <code>
    /// const int batch = 2, tokens = 6, heads = 8, headDim = 128;
    /// using var table = new RotaryTable(device, positions: 1024, rotaryDimension: headDim);
    /// using Tensor&lt;int> positions = device.Allocate&lt;int>([3, batch, tokens]);     // time, row and column of each token
    /// using Tensor&lt;int> sections = device.Upload(RotarySections.Consecutive(16, 24, 24), [headDim / 2]);
    /// using RotaryTable rows = RotaryTable.OfTokens(device, batch * tokens, headDim);
    /// device.GatherRotary(table, positions, sections, rows);
    /// using Tensor&lt;float> query = device.Allocate&lt;float>([batch, tokens, heads, headDim]);
    /// TensorView&lt;float> all = query.View.Reshape([1, batch * tokens, heads, headDim]);
    /// device.RotaryEmbedding(all, rows, all, RotaryStyle.HalfSplit);              // of each layer
    /// </code>
    /// </example>
    public static void GatherRotary(
        this AttentionDevice device, RotaryTable table, TensorView<int> positions, TensorView<int> sections, RotaryTable rows,
        AcceleratorStream? stream = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(rows);
        TensorChecks.Extents(positions.Shape, 3, nameof(positions), "[sections, batch, tokens]");
        int pairs = table.RotaryDimension / 2;
        long tokens = positions.Shape[1] * positions.Shape[2];
        table.Cosine.View.CheckUsable(device, nameof(table));
        positions.CheckUsable(device, nameof(positions));
        sections.CheckInput(device, [pairs], nameof(sections));
        rows.Cosine.View.CheckUsable(device, nameof(rows));
        rows.CheckRows(table, tokens, nameof(rows));
        AcceleratorStream target = DeviceChecks.Stream(device, stream);
        if (tokens == 0)
            return;
        var runs = ElementRuns.Of(device, tokens, pairs);
        device.LoadTileKernel<GatherAngles, GatherAnglesArguments>().Run(target, new GatherAnglesArguments
        {
            Cosine = table.Cosine.View.Data,
            Sine = table.Sine.View.Data,
            TokenCosine = rows.Cosine.View.Data,
            TokenSine = rows.Sine.View.Data,
            Sections = sections.Data,
            Positions = positions.Data,
            SectionStride = positions.Strides[0],
            BatchStride = positions.Strides[1],
            TokenStride = positions.Strides[2],
            SectionCount = (int)positions.Shape[0],
            Tokens = (int)positions.Shape[2],
            Pairs = pairs,
            TablePositions = table.Positions,
            Runs = runs,
        }, runs.Count);
    }
}
