using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using ILGPU;

namespace AttentionKernels.Elementwise.Kernels;

/// <content>The launch.</content>
internal static partial class ElementwiseModule<TElement, TFormula>
{
    /// <summary>Queues the kernels; all is checked.</summary>
    internal sealed class ElementwiseSet : Formulas
    {
        public override void Run(in ElementwiseCall call, ElementwiseRows rows)
        {
            AttentionDevice device = call.Device;
            var arguments = new ElementwiseArguments
            {
                X = call.X.Cast<TElement>(),
                Y = call.Y.Cast<TElement>(),
                Output = call.Output.Cast<TElement>(),
                Indices = call.Indices ?? call.Output.SubView(0, 0).Cast<int>(),
                Rows = rows,
            };
            if (device.IsGpu)
            {
                if (arguments.AreRegular())
                {
                    device.LoadTileKernel<ElementwiseSimt<RegularRows>, ElementwiseArguments>()
                        .Run(call.Stream, arguments, ElementwiseSimt<RegularRows>.Tiles(rows));
                }
                else
                {
                    device.LoadTileKernel<ElementwiseSimt<AnyRows>, ElementwiseArguments>()
                        .Run(call.Stream, arguments, ElementwiseSimt<AnyRows>.Tiles(rows));
                }

                return;
            }

            long tiles = arguments.Rows.Divide();
            long bytes = rows.Count * rows.Columns * Interop.SizeOf<TElement>();
            ILoadedTiles<ElementwiseArguments> kernel = bytes > NonTemporalStore.LargestCache
                ? device.LoadVectorKernel<ElementwiseVector<Fp32x4, NonTemporalStore>, ElementwiseArguments>()
                : device.LoadVectorKernel<ElementwiseVector<Fp32x4, CachedStore>, ElementwiseArguments>();
            kernel.Run(call.Stream, arguments, tiles);
        }
    }
}
