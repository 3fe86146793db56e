using AttentionKernels.Attention.Variants;
using AttentionKernels.Devices;
using ILGPU.Runtime;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>The host's side of <see cref="ReferenceAttention"/>.</summary>
    internal sealed class ReferencePlan : ReferenceAttentionPlan
    {
        private readonly TMask _mask;
        private readonly TModifier _modifier;
        private readonly VariantFields<TMask> _maskFields;
        private readonly VariantFields<TModifier> _modifierFields;
        private readonly double? _scale;
        private readonly TileKernel<ReferenceAttention, ReferenceArguments> _kernel;

        public ReferencePlan(AttentionDevice device, TMask mask, TModifier modifier, double? scale)
            : base(device)
        {
            (_mask, _modifier, _scale) = (mask, modifier, scale);
            _maskFields = new VariantFields<TMask>(device, nameof(mask));
            _modifierFields = new VariantFields<TModifier>(device, nameof(modifier));
            _maskFields.CheckTypes();
            _modifierFields.CheckTypes();
            CheckViews();
            if (scale is { } number && !double.IsFinite(number))
                throw new ArgumentException($"The scale is {scale}; it must be finite.", nameof(scale));
            if (!device.Description.Float64)
            {
                throw new NotSupportedException(
                    $"Reference attention is computed in fp64; {DeviceChecks.Own(device)} has no 64-bit floating-point arithmetic.");
            }

            _kernel = device.LoadTileKernel<ReferenceAttention, ReferenceArguments>();
        }

        /// <inheritdoc/>
        private protected override void CheckVariants(int heads)
        {
            CheckViews();
            TModifier.Check(_modifier, heads, "modifier");
        }

        /// <inheritdoc/>
        private protected override void Launch(in ReferenceTensors tensors, AcceleratorStream stream)
        {
            var arguments = new ReferenceArguments
            {
                Tensors = tensors,
                Mask = _mask,
                Modifier = _modifier,
                Scale = _scale ?? 1 / Math.Sqrt(tensors.HeadDimension),
            };
            _kernel.Run(stream, arguments, tensors.Rows.Count);
        }

        private void CheckViews()
        {
            _maskFields.CheckViews(_mask);
            _modifierFields.CheckViews(_modifier);
        }
    }
}
