namespace AttentionKernels.Samples.Llama;

/// <summary>A matrix of weights in device memory, whatever it is stored as.</summary>
internal abstract class WeightMatrix
{
    /// <summary>[rows, columns].</summary>
    public abstract TensorShape Shape { get; }

    /// <summary>Copies a matrix to a device, rounded to a format.</summary>
    /// <param name="device">The device.</param>
    /// <param name="elements">The elements in host memory.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="format">fp32, fp16 or bf16.</param>
    /// <param name="resources">Takes over the device memory.</param>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public static WeightMatrix Upload(
        AttentionDevice device, ReadOnlySpan<float> elements, int rows, NumberFormat format, Resources resources)
    {
        TensorShape shape = [rows, elements.Length / rows];
        if (format == NumberFormat.Float16)
            return Of(Round(elements, number => (Half)number), NumberFormat.Float16);
        return format == NumberFormat.BFloat16
            ? Of(Round(elements, number => (BFloat16)number), NumberFormat.BFloat16)
            : Of(elements, NumberFormat.Float32);

        WeightMatrix Of<T>(ReadOnlySpan<T> stored, NumberFormat<T> type)
            where T : unmanaged => new WeightMatrix<T>(resources.Add(device.Upload(stored, shape)), type);
    }

    /// <summary>output = input · matrixᵀ.</summary>
    /// <param name="device">The device.</param>
    /// <param name="input">[tokens, columns].</param>
    /// <param name="output">[tokens, rows].</param>
    public abstract void Multiply(AttentionDevice device, TensorView<float> input, TensorView<float> output);

    private static T[] Round<T>(ReadOnlySpan<float> elements, Func<float, T> round)
    {
        var rounded = new T[elements.Length];
        for (int index = 0; index < rounded.Length; index++)
            rounded[index] = round(elements[index]);
        return rounded;
    }
}

/// <summary>A matrix of weights of a type.</summary>
internal sealed class WeightMatrix<T>(Tensor<T> elements, NumberFormat<T> format) : WeightMatrix
    where T : unmanaged
{
    /// <inheritdoc/>
    public override TensorShape Shape => elements.Shape;

    /// <inheritdoc/>
    public override void Multiply(AttentionDevice device, TensorView<float> input, TensorView<float> output) =>
        device.Linear(input, elements, bias: null, output, format);
}
