"""The unified registration platform (统一注册平台): an OpenID Connect provider whose people are the demo's."""
