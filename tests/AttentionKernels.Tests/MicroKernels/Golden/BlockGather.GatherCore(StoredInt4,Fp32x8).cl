{
    // BlockGather.GatherCore<StoredInt4, Fp32x8>
    global uchar* source = (global uchar*)var0;
    global long* offsets = var1;
    global float* target = var2;
    const int blockStride = var3;
    const int rows = var4;
    const int count = var5;
    float4 products = 0.0f;
    float tail = 0.0f;
    const int whole = count / 4;
    for (int row = 0; row < rows; row++) {
        const global uchar* s = source + offsets[row];
        global float* t = target + (long)row * 4;
        for (int block = 0; block < whole; block++, t += blockStride) {
            const float4 values = convert_float4(convert_int4(((uchar4)(vload2(0, s + (block * 4) / 2) & (uchar2)15, vload2(0, s + (block * 4) / 2) >> (uchar2)4)).s0213) - 8);
            products = fma(values, (float4)0.0f, products);
            vstore4(values, 0, t);
        }
        if (whole * 4 < count)
        for (int column = 0; column < 4; column++) {
            const int i = whole * 4 + column;
            const float value = i < count ? (float)((((int)(s)[(i) / 2] >> (4 * ((i) % 2))) & 15) - 8) : 0.0f;
            tail += value * 0.0f;
            t[column] = value;
        }
    }
    { const float2 h4 = products.lo + products.hi; var6 = (h4.x + h4.y) + tail; }
}
