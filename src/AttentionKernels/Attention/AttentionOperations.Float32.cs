using AttentionKernels.Attention;
using AttentionKernels.Attention.Kernels;
using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.Work;
using AttentionKernels.Formats;
using AttentionKernels.Simd;

namespace AttentionKernels;

/// <content>Of fp32, and the reference in fp64.</content>
public static partial class AttentionOperations
{
    /// <typeparam name="TMask">The mask: one of the library's, or a public struct of your own.</typeparam>
    /// <typeparam name="TModifier">The score modifier, likewise.</typeparam>
    /// <param name="device">The device.</param>
    extension<TMask, TModifier>(AttentionDevice device)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        /// <summary>As the other overload, of fp32.</summary>
        /// <inheritdoc cref="PlanAttention{T, TMask, TModifier}"/>
        public AttentionPlan<float> PlanAttention(
            TensorShape query, TensorShape key, TMask mask, TModifier modifier, AttentionOptions? options = null) =>
            device.PlanAttention(query, key, mask, modifier, NumberFormat.Float32, options);

        /// <summary>Makes softmax(Q·Kᵀ·scale)·V in fp64 ready, from end to end: a plain kernel to compare others with, not a fast
        /// one.</summary>
        /// <param name="mask">Which keys a query attends to.</param>
        /// <param name="modifier">What becomes of a score before the softmax, which is a function of fp32 numbers: the score is rounded for
        /// it.</param>
        /// <param name="scale">What products of query and key are multiplied by; 1/√headDim where <see langword="null"/>.</param>
        /// <returns>The plan, for tensors of any shapes.</returns>
        /// <exception cref="ArgumentException"><paramref name="scale"/> is not finite, or the mask or modifier is not public, or has a
        /// field that is a <see cref="bool"/>, a reference, or a view without memory of the device.</exception>
        /// <exception cref="KernelCompilationException">The mask or modifier uses what kernels cannot.</exception>
        /// <exception cref="NotSupportedException">The device has no fp64: <see cref="DeviceDescription.Float64"/>.</exception>
        /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;double> query = device.Allocate&lt;double>([1, 16, 8, 64]), output = device.Allocate&lt;double>(query.Shape);
        /// using Tensor&lt;double> key = device.Allocate&lt;double>([1, 100, 2, 64]), value = device.Allocate&lt;double>(key.Shape);
        /// ReferenceAttentionPlan reference = device.PlanReferenceAttention(new CausalMask(), new SoftCap(50f));
        /// reference.Run(query, key, value, output);
        /// </code>
        /// </example>
        public ReferenceAttentionPlan PlanReferenceAttention(TMask mask, TModifier modifier, double? scale = null)
        {
            ArgumentNullException.ThrowIfNull(device);
            device.ThrowIfDisposed();
            return new AttentionModule<
                StoredFp32, ContiguousLayout, UniformWork, StoredFp32, StoredFp32, TMask, TModifier, Fp32x4>.ReferencePlan(
                    device, mask, modifier, scale);
        }

        /// <summary>Decides for a problem, and compiles the kernels.</summary>
        internal AttentionKernelSet<TLayout, TWork> LoadKernels<TLayout, TWork>(
            AttentionProblem problem, TMask mask, TModifier modifier, AttentionOptions options)
        {
            problem = problem with { AsksEachScore = !TMask.RangeIsExact || TModifier.AsksEachScore };
            return KernelSets.Load<TLayout, TWork, TMask, TModifier>(
                device, problem, AttentionPlanner.Choose(device, problem, options), mask, modifier, options.Scale);
        }
    }

    /// <typeparam name="TMask">The mask: one of the library's, or a public struct of your own.</typeparam>
    /// <param name="device">The device.</param>
    extension<TMask>(AttentionDevice device)
        where TMask : struct, IMask<TMask>
    {
        /// <summary>As the other overload, of fp32 and without a score modifier.</summary>
        /// <inheritdoc cref="PlanAttention{T, TMask, TModifier}"/>
        public AttentionPlan<float> PlanAttention(TensorShape query, TensorShape key, TMask mask, AttentionOptions? options = null) =>
            device.PlanAttention(query, key, mask, new NoModifier(), options);

        /// <summary>As the other overload, of fp32 and without a score modifier.</summary>
        /// <inheritdoc cref="PlanRaggedAttention{T, TMask, TModifier}"/>
        public RaggedAttentionPlan<float> PlanRaggedAttention(RaggedShape shape, TMask mask, AttentionOptions? options = null) =>
            device.PlanRaggedAttention(shape, mask, NumberFormat.Float32, options);

        /// <summary>As the other overload, of fp32.</summary>
        /// <inheritdoc cref="Attention{T, TMask}"/>
        public Tensor<float> Attention(
            TensorView<float> query, TensorView<float> key, TensorView<float> value, TMask mask, AttentionOptions? options = null) =>
            device.Attention(query, key, value, mask, NumberFormat.Float32, options);

        /// <summary>As the other overload, without a score modifier.</summary>
        /// <inheritdoc cref="PlanReferenceAttention{TMask, TModifier}(AttentionDevice, TMask, TModifier, double?)"/>
        public ReferenceAttentionPlan PlanReferenceAttention(TMask mask, double? scale = null) =>
            device.PlanReferenceAttention(mask, new NoModifier(), scale);
    }
}
