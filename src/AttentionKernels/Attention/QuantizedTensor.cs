using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.Work;
using ILGPU;

namespace AttentionKernels;

/// <summary>Numbers of 8 bits, and what they are multiplied by: x[b, t, h, d] = numbers[b, t, h, d] · scales[b, t, h].</summary>
/// <remarks>A view, as <see cref="TensorView{T}"/> is: it owns no memory. Scales are dense; an extent of 1 is a scale for all: [1, 1, 1]
/// has one for the tensor, [1, 1, heads] one for each head, [batch, 1, heads] one for each head of a sequence, and
/// [batch, tokens, heads] one for each head of a token.</remarks>
/// <example>
/// <code>
/// using Tensor&lt;byte> bytes = device.Allocate&lt;byte>([1, 1024, 8, 128]);
/// using Tensor&lt;float> scales = device.Upload([0.03f], [1, 1, 1]);             // one of the whole tensor
/// var key = new QuantizedTensor(bytes, scales);
/// </code>
/// </example>
public readonly struct QuantizedTensor
{
    private readonly TensorView<byte> _bytes;
    private readonly TensorView<sbyte> _integers;
    private readonly bool _isInteger;

    /// <summary>Numbers of fp8.</summary>
    /// <param name="numbers">The numbers [batch, tokens, heads, headDim].</param>
    /// <param name="scales">The scales [batch, tokens, heads], each extent that of the numbers or 1; 1 where
    /// <see langword="null"/>.</param>
    public QuantizedTensor(TensorView<byte> numbers, TensorView<float>? scales = null)
    {
        _bytes = numbers;
        Scales = scales;
    }

    /// <summary>Whole numbers.</summary>
    /// <param name="integers">The numbers [batch, tokens, heads, headDim].</param>
    /// <param name="scales">The scales, as those of fp8.</param>
    public QuantizedTensor(TensorView<sbyte> integers, TensorView<float>? scales = null)
    {
        _integers = integers;
        _isInteger = true;
        Scales = scales;
    }

    /// <summary>The shape of the numbers.</summary>
    public TensorShape Shape => _isInteger ? _integers.Shape : _bytes.Shape;

    /// <summary>The scales; <see langword="null"/> where all are 1.</summary>
    public TensorView<float>? Scales { get; }

    /// <summary>The numbers as bytes, of a tensor that was checked.</summary>
    internal TensorView<byte> Numbers =>
        _isInteger ? new(_integers.Data.Cast<byte>(), _integers.Shape, _integers.Strides) : _bytes;

    /// <summary>Where its scales are; 0 from one to the next where they are the same.</summary>
    internal RowStrides ScaleRows => new() { Batch = ScaleStride(0), Token = ScaleStride(1), Head = ScaleStride(2) };

    /// <summary>Checks that the tensor can be read on a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="format">The planned format.</param>
    /// <param name="shape">The shape.</param>
    /// <param name="name">What the caller calls the tensor.</param>
    /// <exception cref="ArgumentException">It is of another format or shape, has strides that kernels cannot use, or is of another
    /// device.</exception>
    /// <exception cref="ObjectDisposedException">Its memory is disposed.</exception>
    internal void Check(AttentionDevice device, NumberFormat format, TensorShape shape, string name)
    {
        if (_isInteger != (format == NumberFormat.Int8))
        {
            throw new ArgumentException(
                $"The numbers of '{name}' are {(_isInteger ? "whole numbers" : "bytes of fp8")}; the plan was made for {format}.", name);
        }

        if (_isInteger)
            _integers.CheckInput(device, shape, name);
        else
            _bytes.CheckInput(device, shape, name);
        if (Scales is not { } scales)
            return;
        scales.CheckUsable(device, name);
        if (scales.Shape.Rank != 3 || !IsOf(0) || !IsOf(1) || !IsOf(2))
        {
            throw new ArgumentException(
                $"The shape of the scales of '{name}' is {scales.Shape}; it must be [{shape[0]}, {shape[1]}, {shape[2]}], " +
                "each of them or 1.", name);
        }

        scales.CheckDense(name);

        bool IsOf(int dimension) => scales.Shape[dimension] == 1 || scales.Shape[dimension] == shape[dimension];
    }

    /// <summary>The tensor as kernels take keys or values.</summary>
    /// <param name="one">A scale of 1.</param>
    internal KeyValueMemory Memory(ArrayView<float> one)
    {
        TensorView<byte> numbers = Numbers;
        var rows = RowStrides.Of(numbers.Strides);
        RowStrides scales = ScaleRows;
        return new KeyValueMemory(
            numbers.Data, rows.Batch, rows.Token, rows.Head, Scales?.Data ?? one, scales.Batch, scales.Token, (int)scales.Head);
    }

    private long ScaleStride(int dimension) =>
        Scales is { } scales && scales.Shape[dimension] > 1 ? scales.Strides[dimension] : 0;
}
