{
    // RowNorm.StandardizeCore<Fp32x16, StoredFp16, NonTemporalStore, NoAffine>
    global half* row = (global half*)var0;
    const float by_Scale = var1.field_0;
    const float by_Center = var1.field_1;
    const float by_Offset = var1.field_2;
    const float by_Inverse = var1.field_3;
    global half* target = (global half*)var2;
    const int count = var3;
    const int streams = ((size_t)(target) & 15) == 0;
    int i = 0;
    for (; i + 16 <= count; i += 16) {
#if defined(__clang__)
        __builtin_prefetch(row + i + count, 0, 2);
#endif
        const float16 d = fma(vload_half16(0, row + (i)), (float16)by_Scale, (float16)-by_Center);
        const float16 x = (d - by_Offset) * by_Inverse;
        const float16 y = x;
        vstore_half16_rte(y, 0, target + i);
    }
    for (; i < count; i++) {
        const float x = (fma(vload_half(i, row), by_Scale, -by_Center) - by_Offset) * by_Inverse;
        const float y = x;
        vstore_half_rte(y, i, target);
    }
}
