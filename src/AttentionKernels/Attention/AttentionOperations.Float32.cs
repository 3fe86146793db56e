namespace AttentionKernels;

/// <content>Of fp32, and without a score modifier.</content>
public static partial class AttentionOperations
{
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
