"""What the scripts over the Huawei Cloud SDK share."""

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkoms.v2 import OmsClient


def refusal(call, request):
    """What the SDK makes of a refused call."""
    try:
        call(request)
    except ClientRequestException as error:
        return {
            "status": error.status_code,
            "code": error.error_code,
            "message": error.error_msg,
            "request_id": error.request_id,
        }
    return {"status": 200}


def client_of(given):
    """A client of the endpoint with the caller's keys."""
    config = HttpConfig.get_default_config()
    config.timeout = 20
    credentials = BasicCredentials(given["ak"], given["sk"], given["project"])
    builder = OmsClient.new_builder().with_http_config(config).with_credentials(credentials)
    return builder.with_endpoint(given["endpoint"]).build()
