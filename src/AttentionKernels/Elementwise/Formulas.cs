using System.Collections.Concurrent;
using AttentionKernels.Elementwise.Kernels;
using AttentionKernels.Launching;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.Elementwise;

/// <summary>A call of a formula over rows, as it is handed to the kernels of any format.</summary>
/// <param name="Device">The device.</param>
/// <param name="Stream">The stream.</param>
/// <param name="X">The first operand.</param>
/// <param name="Y">The second operand; the first once more where there is none.</param>
/// <param name="Output">The output.</param>
/// <param name="Indices">Which row of a table a row is of: of the first operand, or where rows are added to those of a table, of the
/// output. Where <see langword="null"/>, rows of the first operand are taken in order.</param>
internal readonly record struct ElementwiseCall(
    AttentionDevice Device, AcceleratorStream Stream, ArrayView<byte> X, ArrayView<byte> Y, ArrayView<byte> Output,
    ArrayView<int>? Indices = null);

/// <summary>The kernels of a formula over elements of a format.</summary>
internal abstract class Formulas
{
    private static readonly ConcurrentDictionary<(Type Format, Type Formula), Formulas> _closed = new();

    /// <summary>Closes the types of the kernels, once.</summary>
    public static Formulas Of(NumberFormat format, Type formula) => _closed.GetOrAdd(
        (format.Type, formula),
        static types => ClosedTypes.Create<Formulas>(typeof(ElementwiseModule<,>.ElementwiseSet), [types.Format, types.Formula]));

    /// <summary>Queues the kernel of the device.</summary>
    public abstract void Run(in ElementwiseCall call, ElementwiseRows rows);

    /// <summary>Queues the sum of rows into those of a table, the output, that their indices name; the formula is not looked at.</summary>
    public abstract void AddToTable(in ElementwiseCall call, ElementwiseRows rows);
}
