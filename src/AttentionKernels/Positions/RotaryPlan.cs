using AttentionKernels.Devices;
using AttentionKernels.Positions;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>
/// Rotary embedding made ready for one size on one device: kernels compiled. Made by <see cref="RotaryOperations"/>.PlanRotaryEmbedding.
/// </summary>
/// <remarks>A plan holds no memory but uses a table, which must live as long, and needs no disposal; several threads may run it at once. It
/// gives the bits of the operation. Kernels for heads that begin at no multiples of four elements are compiled by the first run of
/// such.</remarks>
/// <typeparam name="T">The type of elements.</typeparam>
public sealed class RotaryPlan<T>
    where T : unmanaged
{
    private readonly NumberFormat<T> _format;
    private readonly RotarySize _size;
    private readonly RotaryStyle _style;
    private readonly RotaryTable _table;

    internal RotaryPlan(AttentionDevice device, RotarySize size, RotaryTable table, RotaryStyle style, NumberFormat<T> format)
    {
        (Device, _size, _table, _style, _format) = (device, size, table, style, format);
        Rotations.Of(format, style).Load(device, size);
    }

    /// <summary>The device of the plan.</summary>
    public AttentionDevice Device { get; }

    /// <summary>What was chosen, and why; lines for people to read.</summary>
    /// <returns>The text.</returns>
    public string Explain() => string.Join(
        Environment.NewLine + "  ",
        [
            $"Rotary embedding, {_style}, on {DeviceChecks.Own(Device)}",
            $"up to {_size.Query[0]} sequences of {_size.Query[1]} tokens, {_size.Query[2]} heads and {_size.KeyHeads} of keys; " +
            $"{_size.RotaryDimension} of {_size.Query[3]} elements are rotated, {_format}",
            (Device.IsGpu, _size.IsRegular) switch
            {
                (false, _) => "a tile for each token",
                (true, true) => "a thread for four pairs of elements, where heads begin at multiples of four",
                (true, false) => "a thread for each pair of elements: heads, or what is rotated of them, have no whole fours",
            },
        ]);

    /// <summary>
    /// (a, b) → (a·cos − b·sin, a·sin + b·cos) for each pair of each head, where token t of every sequence has the position
    /// <paramref name="firstPosition"/> + t. Queues the computation; the call returns before it is done, except on the managed CPU.
    /// </summary>
    /// <param name="input">Queries, of at most as many sequences, tokens and heads as planned; the outer three strides are free.</param>
    /// <param name="output">The result, like the input; may be the input itself.</param>
    /// <param name="firstPosition">The position of the first token.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has another shape than planned, strides that kernels cannot use, or is of another
    /// device; or the input is partly the output.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A position is not in the table.</exception>
    /// <exception cref="ObjectDisposedException">The device, the table or a tensor is disposed.</exception>
    public void Run(TensorView<T> input, TensorView<T> output, int firstPosition = 0, AcceleratorStream? stream = null)
    {
        _size.Check(input.Shape, nameof(input));
        Device.RotaryEmbedding(input, _table, output, _style, _format, firstPosition, stream);
    }

    /// <summary>As the first overload, with a position for each token, or for the first token of each sequence.</summary>
    /// <param name="input">Queries, of at most as many sequences, tokens and heads as planned; the outer three strides are free.</param>
    /// <param name="output">The result, like the input; may be the input itself.</param>
    /// <param name="positions">The positions [batch, tokens], or those of the first tokens [batch], from which on they count up; all
    /// elements of a token whose position is not in the table become NaN.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <inheritdoc cref="Run(TensorView{T}, TensorView{T}, int, AcceleratorStream)" path="/exception[not(contains(@cref, 'OutOfRange'))]"/>
    public void Run(TensorView<T> input, TensorView<T> output, TensorView<int> positions, AcceleratorStream? stream = null)
    {
        _size.Check(input.Shape, nameof(input));
        Device.RotaryEmbedding(input, _table, output, _style, _format, positions, stream);
    }

    /// <summary>As the first overload, of queries and keys in one launch.</summary>
    /// <param name="query">The queries, of at most as many sequences, tokens and heads as planned, and where they go.</param>
    /// <param name="key">The keys of the same tokens, likewise.</param>
    /// <param name="firstPosition">The position of the first token.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has another shape than planned, strides that kernels cannot use, or is of another
    /// device; or an output overlaps another tensor than its own input, or is partly that.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A position is not in the table.</exception>
    /// <exception cref="ObjectDisposedException">The device, the table or a tensor is disposed.</exception>
    /// <example>
    /// <code>
    /// using var table = new RotaryTable(device, positions: 1024, rotaryDimension: 64);
    /// using Tensor&lt;Half> query = device.Allocate&lt;Half>([1, 3, 8, 64]), key = device.Allocate&lt;Half>([1, 3, 2, 64]);
    /// RotaryPlan&lt;Half> plan = device.PlanRotaryEmbedding(query.Shape, 2, table, RotaryStyle.HalfSplit, NumberFormat.Float16);
    /// plan.Run(new RotaryHeads&lt;Half>(query), new RotaryHeads&lt;Half>(key), firstPosition: 5);
    /// </code>
    /// </example>
    public void Run(RotaryHeads<T> query, RotaryHeads<T> key, int firstPosition = 0, AcceleratorStream? stream = null)
    {
        CheckBoth(query, key);
        Device.RotaryEmbedding(query, key, _table, _style, _format, firstPosition, stream);
    }

    /// <summary>As the overload before, with a position for each token, or for the first token of each sequence.</summary>
    /// <param name="query">The queries, of at most as many sequences, tokens and heads as planned, and where they go.</param>
    /// <param name="key">The keys of the same tokens, likewise.</param>
    /// <param name="positions">The positions [batch, tokens], or those of the first tokens [batch], from which on they count up; all
    /// elements of a token whose position is not in the table become NaN.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <inheritdoc cref="Run(RotaryHeads{T}, RotaryHeads{T}, int, AcceleratorStream)"
    /// path="/exception[not(contains(@cref, 'OutOfRange'))]"/>
    public void Run(RotaryHeads<T> query, RotaryHeads<T> key, TensorView<int> positions, AcceleratorStream? stream = null)
    {
        CheckBoth(query, key);
        Device.RotaryEmbedding(query, key, _table, _style, _format, positions, stream);
    }

    private void CheckBoth(RotaryHeads<T> query, RotaryHeads<T> key)
    {
        _size.Check(query.Input.Shape, nameof(query));
        _size.Check(key.Input.Shape, nameof(key), areKeys: true);
    }
}
